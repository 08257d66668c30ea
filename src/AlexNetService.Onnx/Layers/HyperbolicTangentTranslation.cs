using AlexNetService.Onnx.Graph;

namespace AlexNetService.Onnx.Layers;

/// <summary>Tanh.</summary>
internal static class HyperbolicTangentTranslation
{
    public static Activation Write(GraphWriter graph, Activation input, string output) =>
        input with { Name = graph.Node("Tanh", [input.Name], output) };
}
