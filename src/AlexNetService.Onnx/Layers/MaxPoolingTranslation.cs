using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Onnx.Graph;

namespace AlexNetService.Onnx.Layers;

/// <summary>MaxPool, unpadded, only windows that fit whole.</summary>
internal static class MaxPoolingTranslation
{
    public static Activation Write(GraphWriter graph, MaxPooling layer, Shape shape, Activation input, string output)
    {
        graph.Node(
            "MaxPool",
            [graph.AsMaps(input).Name],
            output,
            NodeAttribute.Square("kernel_shape", layer.Window),
            NodeAttribute.Square("strides", layer.Stride));
        return new Activation(output, shape, Flat: false);
    }
}
