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

    /// <summary>Adds a node with one output, whose name is also the node's, and returns that name.</summary>
    /// <exception cref="ArchitectureException">Another tensor has that name already.</exception>
    public string Node(string operation, IEnumerable<string> inputs, string output, params ReadOnlySpan<AttributeProto> attributes)
    {
        if (!outputs.Add(output))
        {
            throw new ArchitectureException($"Two tensors of the graph would be called '{output}'. Give the layer another name.");
        }

        Graph.Node.Add(OnnxNode.Of(operation, inputs, output, attributes));
        return output;
    }

    /// <summary>An input of the model; no layer may have the same name.</summary>
    public string Input(string name)
    {
        outputs.Add(name);
        return name;
    }

    /// <summary>A weight as an initialiser under its own name, in dimensions for the operator or, without these, its own.</summary>
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
            var (tensor, floats) = (AddInitialiser(Graph, name, TensorProto.Types.DataType.Float, dimensions), values());
            if (external?.Take(tensor, floats) != true)
            {
                tensor.RawData = ByteString.CopyFrom(ExternalWeights.BytesOf(floats));
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
            AddConstant(Graph, name, TensorProto.Types.DataType.Int64, [dimensions.Length], MemoryMarshal.AsBytes(dimensions));
        }

        return name;
    }

    /// <summary>[N, values] for operators that read vectors, in the order map, row, column.</summary>
    public Activation AsVector(Activation input) => input.Flat
        ? input
        : input with { Name = Node("Flatten", [input.Name], input.Name + ".flat", OnnxNode.Int("axis", 1)), Flat = true };

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

    /// <summary>Adds an initialiser whose values the graph holds, and returns its name.</summary>
    /// <param name="values">Little-endian, row-major.</param>
    public static string AddConstant(
        GraphProto graph, string name, TensorProto.Types.DataType type, ReadOnlySpan<long> dimensions, ReadOnlySpan<byte> values)
    {
        AddInitialiser(graph, name, type, dimensions).RawData = ByteString.CopyFrom(values);
        return name;
    }

    private static TensorProto AddInitialiser(
        GraphProto graph, string name, TensorProto.Types.DataType type, ReadOnlySpan<long> dimensions)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)type };
        tensor.Dims.AddRange(dimensions.ToArray());
        graph.Initializer.Add(tensor);
        return tensor;
    }
}

/// <summary>A tensor between two layers.</summary>
/// <param name="Shape">Its shape for one crop, all columns together, the first column's maps first.</param>
/// <param name="Flat">Whether it is [N, values] in the graph rather than [N, maps, height, width].</param>
internal readonly record struct Activation(string Name, Shape Shape, bool Flat);

internal static class OnnxNode
{
    /// <summary>A node with one output, whose name is also the node's.</summary>
    public static NodeProto Of(
        string operation, IEnumerable<string> inputs, string output, params ReadOnlySpan<AttributeProto> attributes)
    {
        var node = new NodeProto { OpType = operation, Name = output, Input = { inputs }, Output = { output } };
        node.Attribute.AddRange(attributes.ToArray());
        return node;
    }

    public static NodeProto Cast(string tensor, string output, TensorProto.Types.DataType type) =>
        Of("Cast", [tensor], output, Int("to", (int)type));

    public static AttributeProto Int(string name, long value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };

    public static AttributeProto Ints(string name, params long[] values) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Ints, Ints = { values } };

    /// <summary>The same value for rows and columns.</summary>
    public static AttributeProto Square(string name, long side) => Ints(name, side, side);
}
