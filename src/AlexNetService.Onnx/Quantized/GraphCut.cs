using AlexNetService.Onnx.Schema;

namespace AlexNetService.Onnx.Quantized;

/// <summary>Cuts a graph in two at a tensor that all paths from the input lead through.</summary>
internal static class GraphCut
{
    /// <param name="graph">The graph; is not changed.</param>
    /// <param name="tensor">The tensor to cut at.</param>
    /// <returns>What makes the tensor, and what is made from it; declared inputs and outputs are those of the whole graph.</returns>
    public static (GraphProto Before, GraphProto After) At(GraphProto graph, string tensor)
    {
        var producers = graph.Node.SelectMany(node => node.Output, (node, output) => (node, output)).ToDictionary(pair => pair.output, pair => pair.node);
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
}
