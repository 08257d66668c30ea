using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Onnx.Graph;

namespace AlexNetService.Onnx.Layers;

/// <summary>Div by one constant a channel.</summary>
internal static class StandardisationTranslation
{
    public static Activation Write(GraphWriter graph, Standardisation layer, Activation input, string output)
    {
        var deviations = graph.Constant(
            layer.Name + ".deviations", [1, layer.Deviations.Count, 1, 1], () => [.. layer.Deviations.Select(value => (float)value)]);
        var maps = graph.AsMaps(input);
        return maps with { Name = graph.Node("Div", [maps.Name, deviations], output) };
    }
}
