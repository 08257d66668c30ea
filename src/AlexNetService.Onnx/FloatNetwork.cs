namespace AlexNetService.Onnx;

/// <summary>
/// The network of a package in 32-bit floats, the source of graphs with fewer bits. Graphs of other exporters work too if their
/// convolutions and dense layers (Conv, Gemm with transB) have constant weights.
/// </summary>
public sealed class FloatNetwork
{
    private readonly ModelPackage package;
    private readonly StoredWeights stored;
    private readonly ModelProto model;

    // A shared trunk runs once for all crops of a canvas. It takes little time, and every later layer would read its rounding errors.
    private readonly HashSet<string> trunk;

    // Where the trunk ends in the whole graph. The card's own cut may be further behind, see InsideSharing.
    private readonly SplitGraph? split;

    private FloatNetwork(ModelPackage package, ModelProto model)
    {
        (this.package, this.model) = (package, model);
        stored = new StoredWeights(package);
        split = package.Card is { Split: not null, Architecture: { } table } ? PackageGraphs.Split(table) : package.Card.Split;
        trunk = split is not null ? [.. GraphCut.Makers(model.Graph, split.Maps).Select(node => node.Name)] : [];
        Measured = Int8Rewriting.Measured(model.Graph, trunk);
    }

    /// <summary>Names of the tensors whose ranges <see cref="ToInt8"/> needs.</summary>
    public IReadOnlyList<string> Measured { get; }

    /// <summary>Reads the graph of a package.</summary>
    /// <exception cref="InvalidPackageException">It has fewer bits already, or no layer can have fewer.</exception>
    public static FloatNetwork Open(ModelPackage package)
    {
        if (package.Card.Quantization is { } earlier)
        {
            throw new InvalidPackageException(
                package.Folder,
                $"the package is {earlier.Precision} already. Name its source package, {earlier.FromName} version {earlier.FromVersion}.");
        }

        var network = new FloatNetwork(package, ModelFile.Read(package));
        return network.Measured.Count > 0
            ? network
            : throw new InvalidPackageException(
                package.Folder, "the graph has no Conv or Gemm (transB) in 32-bit floats with constant weights.");
    }

    /// <summary>The graph with the tensors of <see cref="Measured"/> as additional outputs, a serialised ModelProto.</summary>
    public byte[] WithMeasuredOutputs()
    {
        var copy = model.Clone();
        var known = copy.Graph.Output.Select(output => output.Name).ToHashSet();
        copy.Graph.Output.AddRange(Measured.Where(name => !known.Contains(name)).Select(ModelFile.Floats));
        return copy.ToByteArray();
    }

    /// <summary>
    /// Graphs whose convolutions and dense layers multiply bytes: int8 weights with one scale for each output, uint8 activations with one
    /// scale for each tensor. QuantizeLinear and DequantizeLinear surround each layer, and runtimes fuse them with it. A shared trunk
    /// stays in floats.
    /// </summary>
    /// <param name="ranges">The range of each tensor in <see cref="Measured"/>.</param>
    /// <param name="weightBits">
    /// 8, or 7 for processors without VNNI: they add two products of bytes in 16 bits, and with 8-bit weights the sum can overflow.
    /// </param>
    /// <exception cref="InvalidPackageException">A weight cannot be read.</exception>
    public PackageGraphs ToInt8(IReadOnlyDictionary<string, TensorRange> ranges, int weightBits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(weightBits, 7);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(weightBits, 8);
        var copy = model.Clone();
        new Int8Rewriting(copy.Graph, ranges, weightBits, stored.Floats).Run(trunk);
        var inside = package.Card.Architecture is { } table ? PackageGraphs.Inside(table) : null;
        return Pack(copy, Int8Rewriting.BytesOf, MapType.UInt8, inside);
    }

    /// <summary>Graphs that compute in 16-bit floats, except for response normalisation.</summary>
    /// <exception cref="InvalidPackageException">A weight cannot be read.</exception>
    public PackageGraphs ToHalf()
    {
        var copy = model.Clone();
        var rewriting = new HalfRewriting(copy.Graph, stored.Floats);
        rewriting.Run();

        // For GPUs, where more and smaller kernels take longer.
        return Pack(copy, rewriting.HalfOf, MapType.Float16, inside: null);
    }

    /// <summary>Moves large initialisers into one file of weights; the graph is cut where the source package is cut.</summary>
    private PackageGraphs Pack(ModelProto whole, Func<string, string> nameOfMaps, MapType type, SharedInside? inside)
    {
        var weights = new ExternalWeights();
        foreach (var tensor in whole.Graph.Initializer)
        {
            Move(tensor, weights);
        }

        var cut = split is null ? null : split with { Maps = nameOfMaps(split.Maps), Type = type };
        return PackageGraphs.Of(weights, package.Card.Tensors, cut, inside, whole);
    }

    private void Move(TensorProto tensor, ExternalWeights weights)
    {
        var bytes = StoredWeights.AreElsewhere(tensor) ? stored.Bytes(tensor) : tensor.RawData.ToByteArray();
        tensor.ExternalData.Clear();
        if (weights.Take(tensor, bytes))
        {
            tensor.ClearRawData();
        }
        else
        {
            tensor.ClearDataLocation();
            tensor.RawData = ByteString.CopyFrom(bytes);
        }
    }
}
