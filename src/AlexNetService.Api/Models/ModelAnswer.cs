using System.Text.Json.Serialization;
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
/// <param name="Metrics">Error rates of their mean on labelled photographs; empty if they were not measured together.</param>
/// <param name="Confidence">From which probability their answers are right how often, or absent if that was not measured.</param>
internal sealed record EnsembleSummary(
    string Name, IReadOnlyList<MemberSummary> Members, IReadOnlyList<ErrorMetric> Metrics, ConfidenceSummary? Confidence)
{
    public static EnsembleSummary Of(NamedEnsemble named) => new(
        named.Name, MemberSummary.Of(named.Ensemble), named.Ensemble.Card?.Metrics ?? [], ConfidenceSummary.Of(named.Ensemble.Confidence));
}

/// <summary>How sure answers must be.</summary>
/// <param name="Level">Probability of the first prediction from which 90 % of the answers are right; absent if none are.</param>
/// <param name="Images">Photographs on which that was measured.</param>
/// <param name="Crops">Crops averaged for each.</param>
internal sealed record ConfidenceSummary(double? Level, int Images, int Crops)
{
    public static ConfidenceSummary? Of(ConfidenceTable? table) =>
        table is null ? null : new ConfidenceSummary(table.Level(), table.Images, table.Crops);
}

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
/// <param name="Confidence">From which probability its answers are right how often, or absent if that was not measured.</param>
internal sealed record ModelSummary(
    string Name,
    int Version,
    ServedState State,
    string Device,
    string Provider,
    int Classes,
    int Canvas,
    int Crop,
    IReadOnlyList<ErrorMetric> Metrics,
    ConfidenceSummary? Confidence)
{
    public static ModelSummary Of(ModelSession model, ModelState? state) => new(
        model.Card.Name,
        model.Card.Version,
        state?.Loading == true ? ServedState.Reloading : ServedState.Ready,
        model.Device,
        model.Provider,
        model.Classes,
        model.Card.Preprocessing.Canvas,
        model.Card.Preprocessing.Crop,
        model.Card.Metrics,
        ConfidenceSummary.Of(model.Card.Confidence));
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
        state?.Loading == true ? ServedState.Reloading : ServedState.Ready,
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
