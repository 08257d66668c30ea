using System.Globalization;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Onnx.Graph;

namespace AlexNetService.Onnx.Layers;

/// <summary>Mul by a constant.</summary>
internal static class ScalingTranslation
{
    public static Activation Write(GraphWriter graph, Scaling layer, Activation input, string output)
    {
        var factor = graph.Constant(string.Create(CultureInfo.InvariantCulture, $"factor.{layer.Factor}"), [], () => [(float)layer.Factor]);
        return input with { Name = graph.Node("Mul", [input.Name, factor], output) };
    }
}
