using System.Globalization;
using AlexNetService.Inference.Catalog;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Api.OpenInference;

/// <summary>A model or an ensemble as the protocol sees it: a name, a version and tensors.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">The version that is served; that of an ensemble is 1.</param>
/// <param name="Session">The model; null for an ensemble.</param>
/// <param name="Ensemble">What classifies photographs under this name.</param>
internal sealed record InferenceModel(string Name, string Version, ModelSession? Session, Ensemble Ensemble)
{
    /// <summary>Name of the BYTES input of photographs. Crops may have the same name; the datatype tells the two apart.</summary>
    public const string Photographs = "image";

    private const string OnlyVersion = "1";

    public IReadOnlyList<TensorMetadata> Inputs { get; } = Session is null
        ? [new TensorMetadata(Photographs, Datatypes.Bytes, [-1])]
        : [Crops(Session.Card), new TensorMetadata(Photographs, Datatypes.Bytes, [-1])];

    /// <summary>What can be asked for, in the order in which it is answered.</summary>
    public IReadOnlyList<InferenceOutput> Outputs { get; } = [.. OutputsOf(Session, Ensemble)];

    /// <summary>Finds what is served under a name.</summary>
    /// <param name="snapshot">What is served.</param>
    /// <param name="name">Name of a model or an ensemble.</param>
    /// <param name="version">The version that must be the one that is served, or null for any.</param>
    /// <returns>It, or the reason why there is none, a sentence.</returns>
    public static (InferenceModel? Model, string? Reason) Find(CatalogSnapshot snapshot, string name, string? version)
    {
        var found = All(snapshot).FirstOrDefault(model => model.Name == name);
        if (found is null)
        {
            return (null, $"'{name}' is not served; there is {string.Join(", ", snapshot.Names)}.");
        }

        return version is null || version == found.Version
            ? (found, null)
            : (null, $"Version '{version}' of '{name}' is not served; version {found.Version} is.");
    }

    /// <summary>The models, then the ensembles.</summary>
    public static IEnumerable<InferenceModel> All(CatalogSnapshot snapshot) =>
    [
        .. snapshot.Models.Select(session => new InferenceModel(
            session.Card.Name,
            session.Card.Version.ToString(CultureInfo.InvariantCulture),
            session,
            snapshot.Select([session.Card.Name]) is Selection.Found { Ensemble: var alone }
                ? alone
                : throw new InvalidOperationException($"'{session.Card.Name}' cannot answer alone."))),
        .. snapshot.Ensembles.Select(ensemble => new InferenceModel(ensemble.Name, OnlyVersion, null, ensemble.Ensemble)),
    ];

    private static TensorMetadata Crops(ModelCard card)
    {
        var (side, input) = (card.Preprocessing.Crop, card.Preprocessing);
        return new TensorMetadata(
            card.Tensors.Input,
            input.Type == PixelType.UInt8 ? Datatypes.UInt8 : Datatypes.Float32,
            input.Layout == TensorLayout.Nchw ? [-1, 3, side, side] : [-1, side, side, 3]);
    }

    private static IEnumerable<InferenceOutput> OutputsOf(ModelSession? session, Ensemble ensemble)
    {
        yield return new InferenceOutput(
            OutputKind.Probabilities, session?.Card.Tensors.Probabilities ?? "probabilities", ensemble.Labels.Count);
        if (session is { HasLogits: true, Card.Tensors.Logits: { } logits })
        {
            yield return new InferenceOutput(OutputKind.Logits, logits, session.Classes);
        }

        if (session is { Features: > 0, Card.Tensors.Features: { } features })
        {
            yield return new InferenceOutput(OutputKind.Features, features, session.Features);
        }
    }
}

/// <summary>A tensor that a model gives, a row for each crop or photograph.</summary>
/// <param name="Kind">What it holds.</param>
/// <param name="Name">Its name.</param>
/// <param name="Values">Values in a row.</param>
internal sealed record InferenceOutput(OutputKind Kind, string Name, int Values);

/// <summary>What a tensor that a model gives can hold.</summary>
internal enum OutputKind
{
    Probabilities,
    Logits,
    Features,
}
