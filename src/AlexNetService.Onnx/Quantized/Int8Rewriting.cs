using Google.Protobuf.Collections;

namespace AlexNetService.Onnx.Quantized;

/// <summary>
/// Rewrites a graph of 32-bit floats so that its convolutions and dense layers multiply bytes. QuantizeLinear and DequantizeLinear
/// surround them (QDQ), and a runtime fuses each group into one integer operator, or runs it in floats where it has no such operator.
/// Weights: int8, symmetric, one scale for each output. Activations: uint8, one scale for each tensor.
/// </summary>
/// <param name="ranges">The range of each tensor that becomes bytes, by name.</param>
internal sealed class Int8Rewriting(
    GraphProto graph, IReadOnlyDictionary<string, TensorRange> ranges, int weightBits, Func<TensorProto, float[]> read)
{
    private const string Bytes = ".uint8";
    private const string Restored = ".restored";
    private const string Exact = ".exact";

    private readonly int largest = (1 << (weightBits - 1)) - 1;
    private readonly WeightedNodes weighted = new(graph);

    public static IReadOnlyList<string> Measured(GraphProto graph, IReadOnlySet<string> floats)
    {
        var weighted = new WeightedNodes(graph);
        return
        [
            .. Chosen(weighted, floats)
                .SelectMany(node => Ends(weighted, node))
                .Select(weighted.Source)
                .Distinct(),
        ];
    }

    public void Run(IReadOnlySet<string> floats)
    {
        var nodes = Chosen(weighted, floats).ToArray();

        // Looked up before the graph changes: pooled or flattened values have the range of their source.
        var tensors = nodes.SelectMany(node => Ends(weighted, node)).Distinct()
            .Select(tensor => (Name: tensor, Range: ranges[weighted.Source(tensor)])).ToArray();
        foreach (var node in nodes)
        {
            QuantizeWeights(node, ranges[weighted.Source(node.Node.Input[0])].Scale);
        }

        foreach (var (name, range) in tensors)
        {
            ThroughBytes(name, range);
        }
    }

    public static string BytesOf(string tensor) => tensor + Bytes;

    public static string ScaleOf(string weight) => weight + ".scale";

    private static IEnumerable<WeightedNode> Chosen(WeightedNodes weighted, IReadOnlySet<string> floats) =>
        weighted.All.Where(node => !floats.Contains(node.Node.Name));

    // Logits stay floats: no layer multiplies them, and a temperature divides them.
    private static IEnumerable<string> Ends(WeightedNodes weighted, WeightedNode node) =>
        node.End == node.Node.Output[0] && weighted.IsOutput(node.End) ? [node.Node.Input[0]] : [node.Node.Input[0], node.End];

    /// <summary>Lets all readers of a tensor, and an output of the graph with its name, get the values that its bytes stand for.</summary>
    private void ThroughBytes(string tensor, TensorRange range)
    {
        var scale = Constant(tensor + ".scale", DataType.Float, [], MemoryMarshal.AsBytes<float>([range.Scale]));
        var zero = Constant(tensor + ".zero", DataType.Uint8, [], [range.ZeroPoint]);
        var (exact, restored) = (tensor, tensor + Restored);
        if (weighted.IsOutput(tensor) && graph.Node.FirstOrDefault(node => node.Output.Contains(tensor)) is { } producer)
        {
            (exact, restored) = (tensor + Exact, tensor);
            Replace(producer.Output, tensor, exact);
            producer.Name = exact;
        }

        foreach (var reader in graph.Node)
        {
            Replace(reader.Input, tensor, restored);
        }

        Insert(
            exact,
            OnnxNode.Of("QuantizeLinear", [exact, scale, zero], BytesOf(tensor)),
            OnnxNode.Of("DequantizeLinear", [BytesOf(tensor), scale, zero], restored));
    }

    private void QuantizeWeights(WeightedNode node, float inputScale)
    {
        var (values, outputs) = (read(node.Weight), (int)node.Weight.Dims[0]);
        var width = values.Length / outputs;
        var (bytes, scales) = (new sbyte[values.Length], new float[outputs]);
        for (var output = 0; output < outputs; output++)
        {
            var row = values.AsSpan(output * width, width);
            var most = 0f;
            foreach (var value in row)
            {
                most = MathF.Max(most, MathF.Abs(value));
            }

            scales[output] = most > 0 ? most / largest : 1;
            for (var i = 0; i < width; i++)
            {
                bytes[(output * width) + i] = (sbyte)MathF.Round(row[i] / scales[output]);
            }
        }

        Replace(node, node.Weight, place: 1, DataType.Int8, MemoryMarshal.AsBytes<sbyte>(bytes), scales);
        if (node.Bias is { } bias)
        {
            // The unit of the integer sums: input scale × weight scale.
            float[] units = [.. scales.Select(scale => scale * inputScale)];
            int[] sums =
            [
                .. read(bias).Select((value, i) => (int)Math.Round(Math.Clamp((double)value / units[i], int.MinValue, int.MaxValue))),
            ];
            Replace(node, bias, place: 2, DataType.Int32, MemoryMarshal.AsBytes<int>(sums), units);
        }
    }

    private void Replace(WeightedNode node, TensorProto tensor, int place, DataType type, ReadOnlySpan<byte> values, float[] scales)
    {
        graph.Initializer.Remove(tensor);
        var bytes = Constant(tensor.Name, type, [.. tensor.Dims], values);
        var scale = Constant(ScaleOf(tensor.Name), DataType.Float, [scales.Length], MemoryMarshal.AsBytes<float>(scales));
        var restored = tensor.Name + Restored;

        // All are 0, which is also the default, but ONNX Runtime fuses dense layers only where zero points are given.
        var zeroBytes = new byte[scales.Length * (type == DataType.Int8 ? sizeof(sbyte) : sizeof(int))];
        var zeros = Constant(tensor.Name + ".zero", type, [scales.Length], zeroBytes);
        graph.Node.Insert(
            graph.Node.IndexOf(node.Node), OnnxNode.Of("DequantizeLinear", [bytes, scale, zeros], restored, OnnxNode.Int("axis", 0)));
        node.Node.Input[place] = restored;
    }

    private string Constant(string name, DataType type, ReadOnlySpan<long> dimensions, ReadOnlySpan<byte> values) =>
        GraphWriter.AddConstant(graph, name, type, dimensions, values);

    /// <summary>Inserts nodes in running order: after the producer of a tensor, or first where the tensor is an input.</summary>
    private void Insert(string behind, params ReadOnlySpan<NodeProto> nodes)
    {
        var producer = graph.Node.FirstOrDefault(node => node.Output.Contains(behind));
        var place = producer is null ? 0 : graph.Node.IndexOf(producer) + 1;
        foreach (var node in nodes)
        {
            graph.Node.Insert(place++, node);
        }
    }

    private static void Replace(RepeatedField<string> names, string old, string replacement)
    {
        for (var i = 0; i < names.Count; i++)
        {
            names[i] = names[i] == old ? replacement : names[i];
        }
    }
}
