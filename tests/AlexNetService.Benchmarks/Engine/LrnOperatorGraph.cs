using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Onnx;
using AlexNetService.Onnx.Graph;
using AlexNetService.Onnx.Schema;
using Google.Protobuf;

namespace AlexNetService.Benchmarks.Engine;

/// <summary>Builds a network as one graph with embedded weights and the operator <c>LRN</c>, as other exporters write it.</summary>
internal static class LrnOperatorGraph
{
    public static byte[] Build(NetworkArchitecture architecture, NamedWeights weights, IReadOnlyList<double> mean)
    {
        var model = AlexNetGraph.Whole(architecture, new GraphWriter(architecture.Columns, weights), mean);
        foreach (var row in architecture.Rows())
        {
            if (row.Layer is LocalResponseNormalisation layer)
            {
                Replace(model.Graph, layer, row.Input.Maps, new GraphWriter(architecture.Columns, weights));
            }
        }

        return model.ToByteArray();
    }

    private static void Replace(GraphProto graph, LocalResponseNormalisation layer, int maps, GraphWriter writer)
    {
        var ours = graph.Node
            .Where(node => node.Name == layer.Name || node.Name.StartsWith(layer.Name + ".", StringComparison.Ordinal))
            .ToArray();
        var (place, input) = (graph.Node.IndexOf(ours[0]), ours[0].Input[0]);
        var unread = ours.SelectMany(node => node.Input).Where(name => name.StartsWith("lrn.", StringComparison.Ordinal)).ToHashSet();
        foreach (var node in ours)
        {
            graph.Node.Remove(node);
        }

        foreach (var tensor in graph.Initializer.Where(tensor => unread.Contains(tensor.Name)).ToArray())
        {
            graph.Initializer.Remove(tensor);
        }

        // The operator has no groups, so each column becomes a separate picture: [N,maps,h,w] → [columns·N,maps of a column,h,w].
        var apart = writer.Node("Reshape", [input, writer.Dimensions(-1, maps / writer.Columns, 0, 0)], layer.Name + ".columns");
        var normalised = writer.Node(
            "LRN",
            [apart],
            layer.Name + ".operator",
            OnnxNode.Int("size", layer.Maps),

            // The operator divides α by the number of summed maps.
            Float("alpha", layer.Alpha * layer.Maps),
            Float("beta", layer.Beta),
            Float("bias", layer.K));
        writer.Node("Reshape", [normalised, writer.Dimensions(-1, maps, 0, 0)], layer.Name);
        foreach (var node in writer.Graph.Node)
        {
            graph.Node.Insert(place++, node);
        }

        graph.Initializer.AddRange(writer.Graph.Initializer);
    }

    private static AttributeProto Float(string name, double value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Float, F = (float)value };
}
