using System.Text.Json.Serialization;
using AlexNetService.Inference.Catalog;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Api.Models;

/// <summary>What is served.</summary>
/// <param name="Models">The models, by name.</param>
/// <param name="Ensembles">The configured ensembles, by name. A request names an ensemble like a model.</param>
/// <param name="Default">The models that answer a request without names.</param>
internal sealed record ServedAnswer(
    IReadOnlyList<ModelSummary> Models, IReadOnlyList<EnsembleSummary> Ensembles, IReadOnlyList<MemberSummary> Default);

/// <summary>An ensemble.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Members">The models that answer together.</param>
internal sealed record EnsembleSummary(string Name, IReadOnlyList<MemberSummary> Members);

/// <summary>A member of an ensemble.</summary>
/// <param name="Name">Name of the model.</param>
/// <param name="Version">Its version.</param>
/// <param name="Weight">Its weight in the mean, relative to the other members.</param>
internal sealed record MemberSummary(string Name, int Version, double Weight)
{
    public static IReadOnlyList<MemberSummary> Of(Ensemble ensemble) =>
        [.. ensemble.Members.Select(member => new MemberSummary(member.Session.Card.Name, member.Session.Card.Version, member.Weight))];
}

/// <summary>A model in brief.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">The version that is served.</param>
/// <param name="State">Whether another version is being loaded.</param>
/// <param name="Device">The device that runs it: cpu or cuda:N.</param>
/// <param name="Provider">The ONNX Runtime provider that runs it.</param>
/// <param name="Classes">Number of classes.</param>
/// <param name="Canvas">Side of the canvas, in pixels.</param>
/// <param name="Crop">Side of the crops, in pixels.</param>
/// <param name="Metrics">Error rates measured on labelled photographs.</param>
internal sealed record ModelSummary(
    string Name,
    int Version,
    ServedState State,
    string Device,
    string Provider,
    int Classes,
    int Canvas,
    int Crop,
    IReadOnlyList<ErrorMetric> Metrics)
{
    public static ModelSummary Of(ModelSession model, ModelState? state) => new(
        model.Card.Name,
        model.Card.Version,
        state.Served(),
        model.Device,
        model.Provider,
        model.Classes,
        model.Card.Preprocessing.Canvas,
        model.Card.Preprocessing.Crop,
        model.Card.Metrics);
}

/// <summary>A model with its card.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">The version that is served.</param>
/// <param name="Versions">The versions in memory, newest first: the one that is served, and those that current requests still use.</param>
/// <param name="State">Whether another version is being loaded.</param>
/// <param name="Refused">Why the last load of another version failed, or absent.</param>
/// <param name="Device">The device that runs it: cpu or cuda:N.</param>
/// <param name="Provider">The ONNX Runtime provider that runs it.</param>
/// <param name="MaxCropsPerRun">Maximum crops in one run.</param>
/// <param name="FixedBatch">The only batch size that the graph accepts, or absent if it accepts any.</param>
/// <param name="Card">The package's card.</param>
internal sealed record ModelDetails(
    string Name,
    int Version,
    IReadOnlyList<int> Versions,
    ServedState State,
    string? Refused,
    string Device,
    string Provider,
    int MaxCropsPerRun,
    int? FixedBatch,
    ModelCard Card)
{
    public static ModelDetails Of(ModelSession model, ModelState? state) => new(
        model.Card.Name,
        model.Card.Version,
        state?.Versions ?? [model.Card.Version],
        state.Served(),
        state?.Reason,
        model.Device,
        model.Provider,
        model.MaxCropsPerRun,
        model.FixedBatch,
        model.Card);
}

/// <summary>The state of a model that is served.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ServedState>))]
internal enum ServedState
{
    /// <summary>It is served.</summary>
    [JsonStringEnumMemberName("ready")]
    Ready,

    /// <summary>It is served, and another version is being loaded.</summary>
    [JsonStringEnumMemberName("reloading")]
    Reloading,
}

internal static class ServedStates
{
    public static ServedState Served(this ModelState? state) => state?.Loading == true ? ServedState.Reloading : ServedState.Ready;
}
