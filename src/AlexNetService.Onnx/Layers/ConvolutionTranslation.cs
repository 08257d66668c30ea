using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Onnx.Graph;

namespace AlexNetService.Onnx.Layers;

/// <summary>Conv over the merged maps: a group a column where columns read their own maps, one group where they read all.</summary>
internal static class ConvolutionTranslation
{
    public static Activation Write(GraphWriter graph, Convolution layer, Shape shape, Activation input, string output)
    {
        var far = layer.Padding + layer.EdgePadding;
        graph.Node(
            "Conv",
            [graph.AsMaps(input).Name, graph.Weight(WeightShape.WeightOf(layer.Name)), graph.Weight(WeightShape.BiasOf(layer.Name))],
            output,
            NodeAttribute.Int("group", layer.Reads == Reads.OwnColumn ? graph.Columns : 1),
            NodeAttribute.Square("kernel_shape", layer.Kernel),
            NodeAttribute.Square("strides", layer.Stride),
            NodeAttribute.Ints("pads", layer.Padding, layer.Padding, far, far));
        return new Activation(output, shape, Flat: false);
    }
}
