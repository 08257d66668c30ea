using System.Globalization;
using System.Runtime.CompilerServices;
using AlexNetService.Inference.Catalog;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.OpenInference;

/// <summary>Describes what is served in the protocol's terms. Descriptions are built once per catalog snapshot.</summary>
public sealed class ProtocolCatalog
{
    private readonly ConditionalWeakTable<CatalogSnapshot, IReadOnlyList<ProtocolModel>> described = [];

    /// <summary>The models of a snapshot, then its ensembles, then the default ensemble, unless its name is taken.</summary>
    public IReadOnlyList<ProtocolModel> All(CatalogSnapshot snapshot) => described.GetValue(snapshot, Describe);

    /// <summary>The model or ensemble with a name, if the version is null or the one that is served.</summary>
    public Result<ProtocolModel, ProtocolError> Find(CatalogSnapshot snapshot, string name, string? version)
    {
        if (All(snapshot).FirstOrDefault(model => model.Name == name) is not { } found)
        {
            return ProtocolError.NotFound(
                $"'{name}' is not served. Available: {string.Join(", ", All(snapshot).Select(model => model.Name))}.");
        }

        return version is null || version == found.Version
            ? found
            : ProtocolError.NotFound($"Version '{version}' of '{name}' is not served; version {found.Version} is.");
    }

    private static IReadOnlyList<ProtocolModel> Describe(CatalogSnapshot snapshot) =>
    [
        .. snapshot.Models.Select(session => new ProtocolModel(
            session.Card.Name,
            session.Card.Version.ToString(CultureInfo.InvariantCulture),
            session,
            Ensemble.Alone(session))),
        .. snapshot.Ensembles.Append(new NamedEnsemble(ProtocolModel.DefaultName, snapshot.Default))
            .DistinctBy(ensemble => ensemble.Name)
            .Where(ensemble => snapshot.Find(ensemble.Name) is null)
            .Select(ensemble => new ProtocolModel(ensemble.Name, ProtocolModel.EnsembleVersion, null, ensemble.Ensemble)),
    ];
}

/// <summary>
/// A model or an ensemble in the protocol's terms: a name, a version and tensors. A model takes crops, an ensemble photographs; both give
/// probabilities. That is all that its metadata lists, because many clients take models with one input and one output only.
/// </summary>
public sealed class ProtocolModel
{
    /// <summary>Name of the default ensemble in this protocol.</summary>
    public const string DefaultName = "default";

    /// <summary>Name of the BYTES input for photographs. The input for crops may share it; the datatype tells the two apart.</summary>
    public const string PhotographInput = "image";

    /// <summary>The only version of an ensemble.</summary>
    internal const string EnsembleVersion = "1";

    internal ProtocolModel(string name, string version, ModelSession? session, Ensemble ensemble)
    {
        (Name, Version, Session, Ensemble) = (name, version, session, ensemble);
        Outputs = [.. OutputsOf(session, ensemble)];
        var photographs = new TensorMetadata(PhotographInput, Datatypes.Bytes, [-1, 1]);
        Inputs = session is null ? [photographs] : [Crops(session.Card), photographs];
        Metadata = new ModelMetadata(
            name,
            [version],
            session is null ? "ensemble" : "onnxruntime_onnx",
            [Inputs[0]],
            [new TensorMetadata(Outputs[0].Name, Datatypes.Float32, [-1, Outputs[0].Values])]);
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The version that is served.</summary>
    public string Version { get; }

    /// <summary>The model, or null for an ensemble.</summary>
    public ModelSession? Session { get; }

    /// <summary>Classifies photographs sent to this name.</summary>
    public Ensemble Ensemble { get; }

    /// <summary>Its tensors as clients see them.</summary>
    public ModelMetadata Metadata { get; }

    /// <summary>The tensors that it takes, one in a request: that of the metadata, and photographs.</summary>
    internal IReadOnlyList<TensorMetadata> Inputs { get; }

    /// <summary>The tensors that it can return: that of the metadata, and those that a request must name.</summary>
    internal IReadOnlyList<ProtocolOutput> Outputs { get; }

    /// <summary>The runs for requests since it was loaded, whatever their protocol; none for an ensemble.</summary>
    internal IReadOnlyList<RunTotal> Runs => Session?.RunTotals ?? [];

    /// <summary>Its configuration in Triton's form, with the limit for crops (models) or photographs (ensembles).</summary>
    public ModelConfig Config(int maxCrops, int maxPhotographs)
    {
        return new ModelConfig(
            Name,
            Metadata.Platform,
            Session is null ? "" : "onnxruntime",
            Session is null ? maxPhotographs : maxCrops,
            [.. Metadata.Inputs.Select(input => Tensor(input) with { Format = Format })],
            [.. Metadata.Outputs.Select(Tensor)]);

        // The dimension of rows is left out.
        static ConfigTensor Tensor(TensorMetadata tensor) => new(
            tensor.Name,
            tensor.Datatype == Datatypes.Bytes ? "TYPE_STRING" : $"TYPE_{tensor.Datatype}",
            [.. tensor.Shape.Skip(1)]);
    }

    private string Format => Session?.Card.Preprocessing.Layout switch
    {
        null => "FORMAT_NONE",
        TensorLayout.Nchw => "FORMAT_NCHW",
        _ => "FORMAT_NHWC",
    };

    private static TensorMetadata Crops(ModelCard card)
    {
        var (side, input) = (card.Preprocessing.Crop, card.Preprocessing);
        return new TensorMetadata(
            card.Tensors.Input,
            input.Type == PixelType.UInt8 ? Datatypes.UInt8 : Datatypes.Float32,
            input.Layout == TensorLayout.Nchw ? [-1, 3, side, side] : [-1, side, side, 3]);
    }

    private static IEnumerable<ProtocolOutput> OutputsOf(ModelSession? session, Ensemble ensemble)
    {
        yield return new ProtocolOutput(
            OutputKinds.Probabilities, session?.Card.Tensors.Probabilities ?? "probabilities", ensemble.Labels.Count);
        if (session is { HasLogits: true, Card.Tensors.Logits: { } logits })
        {
            yield return new ProtocolOutput(OutputKinds.Logits, logits, session.Classes);
        }

        if (session is { Features: > 0, Card.Tensors.Features: { } features })
        {
            yield return new ProtocolOutput(OutputKinds.Features, features, session.Features);
        }
    }
}

/// <summary>A tensor that a model can return, with a row of values for each crop or photograph.</summary>
internal sealed record ProtocolOutput(OutputKinds Kind, string Name, int Values);
