using AlexNetService.Onnx.Graph;

namespace AlexNetService.Onnx.Layers;

/// <summary>Relu.</summary>
internal static class RectifierTranslation
{
    public static Activation Write(GraphWriter graph, Activation input, string output) =>
        input with { Name = graph.Node("Relu", [input.Name], output) };
}
