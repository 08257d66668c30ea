using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Onnx.Graph;

namespace AlexNetService.Onnx.Layers;

/// <summary>Gemm where every column reads everything; a 1×1 Conv with a group a column where each reads its own values.</summary>
internal static class DenseTranslation
{
    public static Activation Write(GraphWriter graph, Dense layer, Shape shape, Activation input, string output) =>
        layer.Reads == Reads.OwnColumn
            ? WriteGrouped(graph, layer, shape, input, output)
            : WriteGemm(graph, layer, shape, input, output);

    /// <summary>[N, values] · weightᵀ + bias.</summary>
    public static Activation WriteGemm(GraphWriter graph, WeightedLayer layer, Shape shape, Activation input, string output)
    {
        graph.Node(
            "Gemm",
            [graph.AsVector(input).Name, graph.Weight(WeightShape.WeightOf(layer.Name)), graph.Weight(WeightShape.BiasOf(layer.Name))],
            output,
            NodeAttribute.Int("transB", 1));
        return new Activation(output, shape, Flat: true);
    }

    // The first column's maps come first, so flattening keeps each column's values together: [N,values,1,1], a group a column.
    private static Activation WriteGrouped(GraphWriter graph, Dense layer, Shape shape, Activation input, string output)
    {
        var values = input.Shape.Values;
        var maps = graph.AsMaps(graph.AsVector(input) with { Shape = new Shape(values, 1, 1) });
        var weight = graph.Weight(WeightShape.WeightOf(layer.Name), layer.Units, values / graph.Columns, 1, 1);
        var units = graph.Node(
            "Conv",
            [maps.Name, weight, graph.Weight(WeightShape.BiasOf(layer.Name))],
            output + ".units",
            NodeAttribute.Int("group", graph.Columns),
            NodeAttribute.Square("kernel_shape", 1));
        graph.Node("Flatten", [units], output, NodeAttribute.Int("axis", 1));
        return new Activation(output, shape, Flat: true);
    }
}
