using System.Globalization;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Onnx.Graph;

namespace AlexNetService.Onnx.Layers;

/// <summary>
/// x / s^β with s = k + α·Σ x² over neighbouring maps of the same column. The sum is a 1×1 Conv of x² whose weight is a band of
/// α and whose bias is k, a group a column; s^0.75 is √s·√√s. The LRN operator computes the same with a scalar pow a value and
/// took 46 % of the whole network's time on a CPU.
/// </summary>
internal static class LocalResponseNormalisationTranslation
{
    private const double PaperBeta = 0.75;

    public static Activation Write(GraphWriter graph, LocalResponseNormalisation layer, Activation input, string output)
    {
        var maps = graph.AsMaps(input);
        if (graph.Normalisation == NormalisationForm.Operator)
        {
            return maps with { Name = Operator(graph, layer, maps, output) };
        }

        var squares = graph.Node("Mul", [maps.Name, maps.Name], output + ".squares");
        var s = graph.Node(
            "Conv",
            [squares, Band(graph, layer, maps.Shape.Maps), K(graph, layer, maps.Shape.Maps)],
            output + ".s",
            NodeAttribute.Int("group", graph.Columns),
            NodeAttribute.Square("kernel_shape", 1));
        graph.Node("Div", [maps.Name, layer.Beta == PaperBeta ? ThreeQuarters(graph, s) : Power(graph, layer, s)], output);
        return maps with { Name = output };
    }

    // The operator knows no groups, so that every column becomes a picture of its own: [N,maps,h,w] → [columns·N,maps a column,h,w].
    private static string Operator(GraphWriter graph, LocalResponseNormalisation layer, Activation maps, string output)
    {
        var apart = graph.Node("Reshape", [maps.Name, graph.Dimensions(-1, maps.Shape.Maps / graph.Columns, 0, 0)], output + ".columns");
        var normalised = graph.Node(
            "LRN",
            [apart],
            output + ".operator",
            NodeAttribute.Int("size", layer.Maps),
            // It divides α by the number of maps it sums over.
            NodeAttribute.Float("alpha", layer.Alpha * layer.Maps),
            NodeAttribute.Float("beta", layer.Beta),
            NodeAttribute.Float("bias", layer.K));
        return graph.Node("Reshape", [normalised, graph.Dimensions(-1, maps.Shape.Maps, 0, 0)], output);
    }

    private static string ThreeQuarters(GraphWriter graph, string s)
    {
        var half = graph.Node("Sqrt", [s], s + ".half");
        var quarter = graph.Node("Sqrt", [half], s + ".quarter");
        return graph.Node("Mul", [half, quarter], s + ".power");
    }

    private static string Power(GraphWriter graph, LocalResponseNormalisation layer, string s)
    {
        var beta = graph.Constant(Named($"lrn.beta.{layer.Beta}"), [], () => [(float)layer.Beta]);
        return graph.Node("Pow", [s, beta], s + ".power");
    }

    // [maps, maps a column, 1, 1]: α where two maps of one column are at most n/2 apart, 0 elsewhere.
    private static string Band(GraphWriter graph, LocalResponseNormalisation layer, int maps)
    {
        var inColumn = maps / graph.Columns;
        return graph.Constant(Named($"lrn.band.{maps}.n{layer.Maps}.alpha{layer.Alpha}"), [maps, inColumn, 1, 1], () =>
        {
            var band = new float[maps * inColumn];
            for (var map = 0; map < maps; map++)
            {
                var own = map % inColumn;
                var first = Math.Max(0, own - (layer.Maps / 2));
                var last = Math.Min(inColumn - 1, own + (layer.Maps / 2));
                band.AsSpan((map * inColumn) + first, last - first + 1).Fill((float)layer.Alpha);
            }

            return band;
        });
    }

    private static string K(GraphWriter graph, LocalResponseNormalisation layer, int maps) =>
        graph.Constant(Named($"lrn.k{layer.K}.{maps}"), [maps], () =>
        {
            var k = new float[maps];
            Array.Fill(k, (float)layer.K);
            return k;
        });

    private static string Named(FormattableString name) => name.ToString(CultureInfo.InvariantCulture);
}
