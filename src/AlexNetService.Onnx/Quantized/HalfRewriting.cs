namespace AlexNetService.Onnx.Quantized;

/// <summary>
/// Rewrites a graph of 32-bit floats so that its convolutions and dense layers compute in 16-bit floats, for devices that support them.
/// Nodes that only pass values on follow the type of their input. Response normalisation stays in 32 bits, because on pixels of 0..255
/// the squares of maps exceed 65504, the largest 16-bit float. Inputs and outputs keep their types.
/// </summary>
internal sealed class HalfRewriting(GraphProto graph, Func<TensorProto, float[]> read)
{
    private const string Halved = ".half";
    private const string Widened = ".float";

    private readonly WeightedNodes weighted = new(graph);
    private readonly HashSet<string> halves = [];
    private readonly HashSet<string> casts = [];
    private readonly List<NodeProto> rewritten = [];

    public void Run()
    {
        var byNode = weighted.All.ToDictionary(node => node.Node);
        foreach (var node in graph.Node.ToArray())
        {
            if (byNode.TryGetValue(node, out var found))
            {
                HalveWeights(found);
                node.Input[0] = Half(node.Input[0]);
                Write(node, isHalf: true);
            }
            else if (node.OpType is "Relu" or "MaxPool" or "Flatten" or "Reshape" or "Tanh")
            {
                Write(node, halves.Contains(node.Input[0]));
            }
            else
            {
                for (var i = 0; i < node.Input.Count; i++)
                {
                    node.Input[i] = Float(node.Input[i]);
                }

                Write(node, isHalf: false);
            }
        }

        graph.Node.Clear();
        graph.Node.AddRange(rewritten);
    }

    /// <summary>Name of the 16-bit values of a tensor that a weighted node reads.</summary>
    /// <param name="tensor">Its name in the original graph.</param>
    public string HalfOf(string tensor) => halves.Contains(tensor) ? tensor : tensor + Halved;

    private string Half(string tensor) => halves.Contains(tensor) ? tensor : Cast(tensor, HalfOf(tensor), DataType.Float16);

    private string Float(string tensor) => halves.Contains(tensor) ? Cast(tensor, tensor + Widened, DataType.Float) : tensor;

    private void Write(NodeProto node, bool isHalf)
    {
        rewritten.Add(node);
        if (!isHalf)
        {
            return;
        }

        for (var i = 0; i < node.Output.Count; i++)
        {
            var output = node.Output[i];
            if (!weighted.IsOutput(output))
            {
                halves.Add(output);
                continue;
            }

            // The output itself stays in 32 bits.
            node.Output[i] = output + Halved;
            node.Name = node.Name == output ? node.Output[i] : node.Name;
            halves.Add(node.Output[i]);
            casts.Add(node.Output[i]);
            Cast(node.Output[i], output, DataType.Float);
        }
    }

    private string Cast(string tensor, string converted, DataType type)
    {
        if (casts.Add(converted))
        {
            rewritten.Add(OnnxNode.Cast(tensor, converted, type));
        }

        return converted;
    }

    private void HalveWeights(WeightedNode node)
    {
        foreach (var tensor in node.Bias is null ? [node.Weight] : new[] { node.Weight, node.Bias })
        {
            Half[] values = [.. read(tensor).Select(value => (Half)value)];
            tensor.DataType = (int)DataType.Float16;
            tensor.ClearDataLocation();
            tensor.ExternalData.Clear();
            tensor.RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<Half>(values));
        }
    }
}
