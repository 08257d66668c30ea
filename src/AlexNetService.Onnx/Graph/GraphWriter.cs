using System.Buffers;
using System.Runtime.InteropServices;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Onnx.Schema;
using Google.Protobuf;

namespace AlexNetService.Onnx.Graph;

/// <summary>Collects the nodes and initialisers of one graph.</summary>
/// <param name="columns">How many columns the maps are divided over; a grouped convolution has as many groups.</param>
/// <param name="external">Receives the large initialisers, or null where the graph holds all of them.</param>
internal sealed class GraphWriter(int columns, NamedWeights weights, ExternalWeights? external = null)
{
    private readonly HashSet<string> initialisers = [];
    private readonly HashSet<string> outputs = [];

    public GraphProto Graph { get; } = new();

    public int Columns => columns;

    /// <summary>Adds a node with one output.</summary>
    /// <param name="output">Name of the tensor that it writes; also the node's name.</param>
    /// <param name="attributes">Attributes that differ from the operator's defaults.</param>
    /// <exception cref="ArchitectureException">Another tensor has that name already.</exception>
    public string Node(string operation, IEnumerable<string> inputs, string output, params ReadOnlySpan<AttributeProto> attributes)
    {
        if (!outputs.Add(output))
        {
            throw new ArchitectureException($"Two tensors of the graph would be called '{output}'. Give the layer another name.");
        }

        var node = new NodeProto { OpType = operation, Name = output };
        node.Input.AddRange(inputs);
        node.Output.Add(output);
        node.Attribute.AddRange(attributes.ToArray());
        Graph.Node.Add(node);
        return output;
    }

    /// <summary>An input of the model; no layer may have the same name.</summary>
    public string Input(string name)
    {
        outputs.Add(name);
        return name;
    }

    /// <summary>A weight of the network as an initialiser under its own name.</summary>
    /// <param name="dimensions">Dimensions for the operator; the weight's own where there are none.</param>
    public string Weight(string name, params ReadOnlySpan<long> dimensions)
    {
        var tensor = weights[name];
        return Constant(name, dimensions.IsEmpty ? [.. tensor.Dimensions.Select(d => (long)d)] : dimensions, () => tensor.Values);
    }

    /// <summary>A float initialiser. Its name describes its content, so two of the same name are one.</summary>
    public string Constant(string name, ReadOnlySpan<long> dimensions, Func<float[]> values)
    {
        if (initialisers.Add(name))
        {
            var (tensor, bytes) = (AddInitialiser(name, TensorProto.Types.DataType.Float, dimensions), new FloatBytes(values()).Memory);
            if (external?.Take(tensor, bytes) != true)
            {
                tensor.RawData = UnsafeByteOperations.UnsafeWrap(bytes);
            }
        }

        return name;
    }

    /// <summary>The shape for a Reshape: -1 stands for the remaining values, 0 keeps the dimension of its place.</summary>
    public string Dimensions(params ReadOnlySpan<long> dimensions)
    {
        var name = "shape." + string.Join('.', dimensions.ToArray());
        if (initialisers.Add(name))
        {
            AddInitialiser(name, TensorProto.Types.DataType.Int64, [dimensions.Length]).RawData =
                ByteString.CopyFrom(MemoryMarshal.AsBytes(dimensions));
        }

        return name;
    }

    /// <summary>[N, values] for operators that read vectors, in the order map, row, column.</summary>
    public Activation AsVector(Activation input) => input.Flat
        ? input
        : input with { Name = Node("Flatten", [input.Name], input.Name + ".flat", NodeAttribute.Int("axis", 1)), Flat = true };

    /// <summary>[N, maps, height, width] for operators that read maps.</summary>
    public Activation AsMaps(Activation input)
    {
        if (!input.Flat)
        {
            return input;
        }

        var (maps, height, width) = input.Shape;
        return input with { Name = Node("Reshape", [input.Name, Dimensions(0, maps, height, width)], input.Name + ".maps"), Flat = false };
    }

    private TensorProto AddInitialiser(string name, TensorProto.Types.DataType type, ReadOnlySpan<long> dimensions)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)type };
        tensor.Dims.AddRange(dimensions.ToArray());
        Graph.Initializer.Add(tensor);
        return tensor;
    }

    /// <summary>An array's bytes without a copy: the full network has 244 MB of weights.</summary>
    private sealed class FloatBytes(float[] values) : MemoryManager<byte>
    {
        public override Span<byte> GetSpan() => MemoryMarshal.AsBytes(values.AsSpan());

        public override MemoryHandle Pin(int elementIndex = 0) => elementIndex % sizeof(float) == 0
            ? values.AsMemory(elementIndex / sizeof(float)).Pin()
            : throw new NotSupportedException("Only whole floats can be pinned.");

        public override void Unpin()
        {
            // The handle that Pin returns unpins.
        }

        protected override void Dispose(bool disposing)
        {
            // The garbage collector frees the array.
        }
    }
}

/// <summary>A tensor between two layers.</summary>
/// <param name="Shape">Its shape for one crop, all columns together, the first column's maps first.</param>
/// <param name="Flat">Whether it is [N, values] in the graph rather than [N, maps, height, width].</param>
internal readonly record struct Activation(string Name, Shape Shape, bool Flat);

/// <summary>Attributes of a node.</summary>
internal static class NodeAttribute
{
    public static AttributeProto Int(string name, long value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };

    public static AttributeProto Ints(string name, params ReadOnlySpan<long> values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.AddRange(values.ToArray());
        return attribute;
    }

    /// <summary>The same value for rows and columns.</summary>
    public static AttributeProto Square(string name, long side) => Ints(name, side, side);
}
