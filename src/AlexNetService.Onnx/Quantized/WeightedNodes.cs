namespace AlexNetService.Onnx.Quantized;

/// <summary>
/// The nodes of a graph that gain from fewer bits and do nearly all of its arithmetic: convolutions and dense layers with constant
/// weights. The 1×1 convolution that sums squares for response normalisation is excluded: its values span too many orders of magnitude.
/// </summary>
internal sealed class WeightedNodes
{
    private readonly Dictionary<string, NodeProto> producers;
    private readonly ILookup<string, NodeProto> consumers;
    private readonly HashSet<string> outputs;

    public WeightedNodes(GraphProto graph)
    {
        var initialisers = graph.Initializer.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        producers = Producers(graph);
        consumers = graph.Node.SelectMany(node => node.Input, (node, input) => (node, input))
            .ToLookup(pair => pair.input, pair => pair.node);
        outputs = [.. graph.Output.Select(output => output.Name)];
        All =
        [
            .. graph.Node.Where(node => IsWeighted(node, initialisers)).Select(node =>
                new WeightedNode(node, initialisers[node.Input[1]], node.Input.Count > 2 ? initialisers[node.Input[2]] : null, End(node))),
        ];
    }

    public IReadOnlyList<WeightedNode> All { get; }

    public static Dictionary<string, NodeProto> Producers(GraphProto graph) =>
        graph.Node.SelectMany(node => node.Output, (node, output) => (node, output)).ToDictionary(pair => pair.output, pair => pair.node);

    public bool IsOutput(string tensor) => outputs.Contains(tensor);

    /// <summary>The tensor that a tensor's values come from: max pooling and reshaping make no new values.</summary>
    public string Source(string tensor) =>
        producers.TryGetValue(tensor, out var node) && node.OpType is "MaxPool" or "Flatten" or "Reshape" ? Source(node.Input[0]) : tensor;

    // A rectifier that is the only reader belongs to the node: runtimes compute both in one.
    private string End(NodeProto node) =>
        !IsOutput(node.Output[0]) && consumers[node.Output[0]].ToArray() is [{ OpType: "Relu" } rectifier]
            ? rectifier.Output[0]
            : node.Output[0];

    private bool IsWeighted(NodeProto node, Dictionary<string, TensorProto> initialisers) =>
        node.Input.Count > 1
        && initialisers.TryGetValue(node.Input[1], out var weight)
        && weight.DataType == (int)TensorProto.Types.DataType.Float
        && consumers[node.Input[1]].Count() == 1
        && (node.Input.Count < 3 || initialisers.ContainsKey(node.Input[2]))
        && (node.OpType == "Conv" ? !ReadsSquares(node) : node.OpType == "Gemm" && IsPlainGemm(node));

    private bool ReadsSquares(NodeProto node) =>
        producers.TryGetValue(node.Input[0], out var producer) && producer.OpType == "Mul" && producer.Input[0] == producer.Input[1];

    // x·wᵀ + b: rows of the weight are units, so each can have its own scale. A node with alpha or beta is not plain.
    private static bool IsPlainGemm(NodeProto node) =>
        node.Attribute.All(attribute => attribute is { Name: "transB", I: 1 } or { Name: "transA", I: 0 })
        && node.Attribute.Any(attribute => attribute.Name == "transB");
}

/// <summary>A convolution or dense layer of a graph.</summary>
/// <param name="Weight">[outputs, …].</param>
/// <param name="Bias">[outputs], or null where there is none.</param>
/// <param name="End">Its rectifier's output, or its own where no rectifier follows.</param>
internal sealed record WeightedNode(NodeProto Node, TensorProto Weight, TensorProto? Bias, string End);
