using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Api.Models;

/// <summary>What is served.</summary>
/// <param name="Models">The models, by name.</param>
/// <param name="Default">The models that answer when a request names none.</param>
internal sealed record ServedAnswer(IReadOnlyList<ModelSummary> Models, IReadOnlyList<DefaultMember> Default);

/// <summary>A member of the default ensemble.</summary>
/// <param name="Name">Name of the model.</param>
/// <param name="Version">Its version.</param>
/// <param name="Weight">Its share in the mean, relative to the other members'.</param>
internal sealed record DefaultMember(string Name, int Version, double Weight);

/// <summary>A model in a line.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">The version that is served.</param>
/// <param name="Device">Where it runs: cpu or cuda:N.</param>
/// <param name="Provider">The ONNX Runtime provider that runs it.</param>
/// <param name="Classes">Number of classes.</param>
/// <param name="Canvas">Side of the canvas, in pixels.</param>
/// <param name="Crop">Side of the crops, in pixels.</param>
/// <param name="Metrics">Errors measured on labelled photographs.</param>
internal sealed record ModelSummary(
    string Name, int Version, string Device, string Provider, int Classes, int Canvas, int Crop, IReadOnlyList<ErrorMetric> Metrics);

/// <summary>A model with its card.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">The version that is served.</param>
/// <param name="Versions">The versions that are loaded.</param>
/// <param name="Device">Where it runs: cpu or cuda:N.</param>
/// <param name="Provider">The ONNX Runtime provider that runs it.</param>
/// <param name="MaxCropsPerRun">Crops in one run at most.</param>
/// <param name="FixedBatch">The only batch size the graph takes, or absent where it takes any.</param>
/// <param name="Card">The package's card.</param>
internal sealed record ModelDetails(
    string Name,
    int Version,
    IReadOnlyList<int> Versions,
    string Device,
    string Provider,
    int MaxCropsPerRun,
    int? FixedBatch,
    ModelCard Card);
