namespace AlexNetService.Onnx;

/// <summary>
/// The graphs of a package: the whole network and, where its crops can share their first layers, also those layers (the trunk) and the
/// following ones (the rest). All point into one file of weights that holds every weight once.
/// </summary>
public sealed class PackageGraphs
{
    // The weights lie outside the graph. With their hash in it, the graph's own hash identifies them too.
    private const string WeightsHash = "weights.sha256";

    private readonly ExternalWeights weights;
    private readonly TensorNames tensors;
    private readonly SplitGraph? split;
    private readonly byte[] model;
    private readonly byte[]? trunk;
    private readonly byte[]? rest;

    private PackageGraphs(ExternalWeights weights, TensorNames tensors, SplitGraph? split, byte[] model, byte[]? trunk, byte[]? rest) =>
        (this.weights, this.tensors, this.split, this.model, this.trunk, this.rest) = (weights, tensors, split, model, trunk, rest);

    /// <summary>The contents of the package's files.</summary>
    public PackageFiles Files => new(PackageFiles.Bytes(model))
    {
        Weights = weights.IsEmpty ? null : weights.Write,
        Trunk = trunk is null ? null : PackageFiles.Bytes(trunk),
        Rest = rest is null ? null : PackageFiles.Bytes(rest),
    };

    /// <summary>Builds the graphs.</summary>
    /// <param name="weights">The merged weights; they must not change before the package is published.</param>
    /// <param name="mean">
    /// Mean of the training set, 0..255, which the graph subtracts: red, green, blue or, where the table has a mean image, [3,crop,crop]
    /// row-major.
    /// </param>
    /// <exception cref="ArchitectureException">
    /// The table is invalid, it holds a layer kind without translation, or the weights belong to another table.
    /// </exception>
    /// <exception cref="ArgumentException">The mean has another number of values than the table needs.</exception>
    public static PackageGraphs Build(NetworkArchitecture architecture, NamedWeights weights, IReadOnlyList<double> mean)
    {
        weights.RequireFit(architecture);
        var external = new ExternalWeights();
        var model = AlexNetGraph.Whole(architecture, new GraphWriter(architecture.Columns, weights, external), mean);
        return Of(external, AlexNetGraph.Tensors, Split(architecture), Inside(architecture), model);
    }

    /// <summary>The cut of a table behind its trunk, or null if crops share no layers.</summary>
    internal static SplitGraph? Split(NetworkArchitecture architecture) =>
        SharedTrunk.Of(architecture) is not { } shared ? null : new SplitGraph(
            new GraphFile(ModelPackage.DefaultTrunkFile, "", 0),
            new GraphFile(ModelPackage.DefaultRestFile, "", 0),
            architecture.Layers[shared.Layers - 1].Name,
            MapType.Float32,
            shared.Crop.Maps,
            shared.Canvas.Height,
            shared.Crop.Height,
            shared.Step);

    /// <summary>What crops share behind that cut.</summary>
    internal static SharedInside? Inside(NetworkArchitecture architecture) =>
        SharedTrunk.Of(architecture) is { } shared ? SharedInside.Of(architecture, shared) : null;

    /// <summary>The graphs of a model whose large initialisers are already in a file of weights, cut where there is a split.</summary>
    /// <param name="split">The cut.</param>
    /// <param name="inside">What crops share behind it, or null if the rest runs whole for each crop.</param>
    internal static PackageGraphs Of(
        ExternalWeights weights, TensorNames tensors, SplitGraph? split, SharedInside? inside, ModelProto model)
    {
        var hash = weights.IsEmpty ? null : weights.Sha256();
        if (split is null)
        {
            return new PackageGraphs(weights, tensors, split, Finish(model, hash), trunk: null, rest: null);
        }

        var (trunk, rest) = GraphCut.At(split, tensors.Input, model);
        split = inside is null ? split : InsideSharing.Apply(inside, split, trunk.Graph, rest.Graph);
        return new PackageGraphs(weights, tensors, split, Finish(model, hash), Finish(trunk, hash), Finish(rest, hash));
    }

    /// <summary>The same graphs with probabilities = softmax(logits / T); see <see cref="GraphTemperature"/>.</summary>
    /// <param name="temperature">Above 0.</param>
    public PackageGraphs WithTemperature(double temperature) => new(
        weights,
        tensors,
        split,
        GraphTemperature.Set(model, tensors, temperature),
        trunk,
        rest is null ? null : GraphTemperature.Set(rest, tensors, temperature));

    /// <summary>Writes the names of these files and of their tensors into a card.</summary>
    /// <param name="card">A card; its own files and tensors are replaced.</param>
    public ModelCard Describe(ModelCard card) => card with
    {
        Tensors = tensors,
        Graph = new GraphFile(ModelPackage.DefaultGraphFile, "", 0),
        Weights = weights.IsEmpty ? null : new GraphFile(ModelPackage.DefaultWeightsFile, "", 0),
        Split = split,
    };

    private static byte[] Finish(ModelProto graph, string? weightsHash)
    {
        if (graph.MetadataProps.FirstOrDefault(entry => entry.Key == WeightsHash) is { } earlier)
        {
            graph.MetadataProps.Remove(earlier);
        }

        if (weightsHash is not null)
        {
            graph.MetadataProps.Add(new StringStringEntryProto { Key = WeightsHash, Value = weightsHash });
        }

        return graph.ToByteArray();
    }
}
