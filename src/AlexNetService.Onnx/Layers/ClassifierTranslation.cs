using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Onnx.Graph;

namespace AlexNetService.Onnx.Layers;

/// <summary>Gemm over both columns; the softmax belongs to the graph's outputs, not to this layer.</summary>
internal static class ClassifierTranslation
{
    public static Activation Write(GraphWriter graph, Classifier layer, Shape shape, Activation input, string output) =>
        DenseTranslation.WriteGemm(graph, layer, shape, input, output);
}
