using AlexNetService.ModelSpec.Package;
using AlexNetService.Onnx.Graph;
using AlexNetService.Onnx.Quantized;
using AlexNetService.Onnx.Schema;
using Google.Protobuf;
using static AlexNetService.Onnx.Schema.TensorProto.Types;

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

    private FloatNetwork(ModelPackage package, ModelProto model)
    {
        (this.package, this.model) = (package, model);
        stored = new StoredWeights(package);
        trunk = package.Card.Split is { } split ? [.. Cut(model.Graph, split.Maps).Before.Node.Select(node => node.Name)] : [];
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

        try
        {
            using var stream = File.OpenRead(package.GraphPath);
            var network = new FloatNetwork(package, ModelProto.Parser.ParseFrom(stream));
            return network.Measured.Count > 0
                ? network
                : throw new InvalidPackageException(
                    package.Folder, "the graph has no Conv or Gemm (transB) in 32-bit floats with constant weights.");
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidPackageException(package.Folder, $"{package.Card.Graph.File} is not an ONNX file: {e.Message}", e);
        }
    }

    /// <summary>The graph with the tensors of <see cref="Measured"/> as additional outputs.</summary>
    public byte[] WithMeasuredOutputs()
    {
        var copy = model.Clone();
        var known = copy.Graph.Output.Select(output => output.Name).ToHashSet();
        copy.Graph.Output.AddRange(Measured.Where(name => !known.Contains(name)).Select(name => new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)DataType.Float } },
        }));
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
        return Pack(copy, Int8Rewriting.BytesOf, MapType.UInt8, DataType.Uint8);
    }

    /// <summary>Graphs that compute in 16-bit floats, except for response normalisation.</summary>
    /// <exception cref="InvalidPackageException">A weight cannot be read.</exception>
    public PackageGraphs ToHalf()
    {
        var copy = model.Clone();
        var rewriting = new HalfRewriting(copy.Graph, stored.Floats);
        rewriting.Run();
        return Pack(copy, rewriting.HalfOf, MapType.Float16, DataType.Float16);
    }

    /// <summary>Moves large initialisers into one file of weights, and cuts the graph where the source package is cut.</summary>
    private PackageGraphs Pack(ModelProto whole, Func<string, string> nameOfMaps, MapType type, DataType element)
    {
        var weights = new ExternalWeights(ModelPackage.DefaultWeightsFile);
        foreach (var tensor in whole.Graph.Initializer)
        {
            Move(tensor, weights);
        }

        var tensors = package.Card.Tensors;
        if (package.Card.Split is not { } split)
        {
            return PackageGraphs.Of(weights, tensors, split: null, whole, trunk: null, rest: null);
        }

        var maps = nameOfMaps(split.Maps);
        var (before, after) = Cut(whole.Graph, maps);
        before.Input.Add(ModelFile.OpenMaps(tensors.Input, InputType(), "RGB canvases or crops", 3, "height", "width"));
        before.Output.Add(ModelFile.OpenMaps(maps, element, $"one place for every {split.Step} pixels", split.Count, "rows", "columns"));
        after.Input.Add(ModelFile.Value(
            maps, element, "the crops' windows of the trunk's maps", split.Count, split.CropSide, split.CropSide));
        after.Output.AddRange(whole.Graph.Output.Select(output => output.Clone()));
        return PackageGraphs.Of(weights, tensors, split with { Maps = maps, Type = type }, whole, Like(whole, before), Like(whole, after));
    }

    private DataType InputType() =>
        (DataType)model.Graph.Input.Single(input => input.Name == package.Card.Tensors.Input).Type.TensorType.ElemType;

    private void Move(TensorProto tensor, ExternalWeights weights)
    {
        var bytes = StoredWeights.AreElsewhere(tensor) ? stored.Bytes(tensor) : tensor.RawData.Memory;
        tensor.ExternalData.Clear();
        if (weights.Take(tensor, bytes))
        {
            tensor.ClearRawData();
        }
        else
        {
            tensor.ClearDataLocation();
            tensor.RawData = ByteString.CopyFrom(bytes.Span);
        }
    }

    /// <summary>Cuts a graph in two at a tensor that all paths from the input lead through.</summary>
    /// <returns>The nodes that make the tensor, and the others; without inputs and outputs.</returns>
    private static (GraphProto Before, GraphProto After) Cut(GraphProto graph, string tensor)
    {
        var producers = WeightedNodes.Producers(graph);
        var before = new HashSet<NodeProto>();
        var open = new Stack<string>([tensor]);
        while (open.TryPop(out var name))
        {
            if (producers.TryGetValue(name, out var node) && before.Add(node))
            {
                foreach (var input in node.Input)
                {
                    open.Push(input);
                }
            }
        }

        return (Part(graph, graph.Node.Where(before.Contains)), Part(graph, graph.Node.Where(node => !before.Contains(node))));
    }

    private static GraphProto Part(GraphProto graph, IEnumerable<NodeProto> nodes)
    {
        var part = new GraphProto { Name = graph.Name };
        part.Node.AddRange(nodes.Select(node => node.Clone()));
        var read = part.Node.SelectMany(node => node.Input).ToHashSet();
        part.Initializer.AddRange(graph.Initializer.Where(tensor => read.Contains(tensor.Name)));
        return part;
    }

    private static ModelProto Like(ModelProto whole, GraphProto graph)
    {
        var part = whole.Clone();
        part.Graph = graph;
        return part;
    }
}
