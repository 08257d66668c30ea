namespace AlexNetService.Onnx.Graph;

/// <summary>Layer records → ONNX nodes. The other translation of a record, to TorchSharp, is Training's <c>LayerModules</c>.</summary>
internal static class LayerTranslation
{
    private const double PaperBeta = 0.75;

    /// <summary>Writes one layer's nodes.</summary>
    /// <param name="output">Name of the tensor that it writes. Layers that change nothing write no node and return their input.</param>
    /// <exception cref="ArchitectureException">The layer's kind has no translation.</exception>
    public static Activation Write(GraphWriter graph, LayerRow row, Activation input, string output) => row.Layer switch
    {
        Scaling layer => input with { Name = graph.Node("Mul", [input.Name, Factor(graph, layer)], output) },
        Standardisation layer => Standardise(graph, layer, graph.AsMaps(input), output),
        Convolution layer => Convolve(graph, layer, row.Output, graph.AsMaps(input), output),
        Rectifier => input with { Name = graph.Node("Relu", [input.Name], output) },
        HyperbolicTangent => input with { Name = graph.Node("Tanh", [input.Name], output) },
        LocalResponseNormalisation layer => Normalise(graph, layer, graph.AsMaps(input), output),
        MaxPooling layer => Pool(graph, layer, row.Output, graph.AsMaps(input), output),
        Dense { Reads: Reads.OwnColumn } layer => ConnectInColumn(graph, layer, row.Output, input, output),
        Dense or Classifier => Connect(graph, row.Layer.Name, row.Output, input, output),

        // Training scaled the units that it kept, so nothing is left to do.
        Dropout => input,
        _ => throw new ArchitectureException(
            $"Layer '{row.Layer.Name}' is a {row.Layer.GetType().Name}, which has no translation to ONNX. "
            + $"Add one to {nameof(LayerTranslation)}."),
    };

    private static string Factor(GraphWriter graph, Scaling layer) =>
        graph.Constant(Named($"factor.{layer.Factor}"), [], () => [(float)layer.Factor]);

    private static Activation Standardise(GraphWriter graph, Standardisation layer, Activation maps, string output)
    {
        var deviations = graph.Constant(
            layer.Name + ".deviations", [1, layer.Deviations.Count, 1, 1], () => [.. layer.Deviations.Select(value => (float)value)]);
        return maps with { Name = graph.Node("Div", [maps.Name, deviations], output) };
    }

    /// <summary>One group for each column where columns read their own maps; otherwise one group.</summary>
    private static Activation Convolve(GraphWriter graph, Convolution layer, Shape shape, Activation maps, string output)
    {
        var far = layer.Padding + layer.EdgePadding;
        graph.Node(
            "Conv",
            [maps.Name, graph.Weight(WeightShape.WeightOf(layer.Name)), graph.Weight(WeightShape.BiasOf(layer.Name))],
            output,
            OnnxNode.Int("group", layer.Reads == Reads.OwnColumn ? graph.Columns : 1),
            OnnxNode.Square("kernel_shape", layer.Kernel),
            OnnxNode.Square("strides", layer.Stride),
            OnnxNode.Ints("pads", layer.Padding, layer.Padding, far, far));
        return new Activation(output, shape, Flat: false);
    }

    private static Activation Pool(GraphWriter graph, MaxPooling layer, Shape shape, Activation maps, string output)
    {
        graph.Node(
            "MaxPool",
            [maps.Name],
            output,
            OnnxNode.Square("kernel_shape", layer.Window),
            OnnxNode.Square("strides", layer.Stride));
        return new Activation(output, shape, Flat: false);
    }

    /// <summary>[N, values] · weightᵀ + bias.</summary>
    private static Activation Connect(GraphWriter graph, string layer, Shape shape, Activation input, string output)
    {
        graph.Node(
            "Gemm",
            [graph.AsVector(input).Name, graph.Weight(WeightShape.WeightOf(layer)), graph.Weight(WeightShape.BiasOf(layer))],
            output,
            OnnxNode.Int("transB", 1));
        return new Activation(output, shape, Flat: true);
    }

    /// <summary>
    /// A dense layer inside each column: a 1×1 Conv of [N,values,1,1] with one group for each column. Flattening keeps each column's
    /// values together, because the first column's maps come first.
    /// </summary>
    private static Activation ConnectInColumn(GraphWriter graph, Dense layer, Shape shape, Activation input, string output)
    {
        var values = input.Shape.Values;
        var maps = graph.AsMaps(graph.AsVector(input) with { Shape = new Shape(values, 1, 1) });
        var weight = graph.Weight(WeightShape.WeightOf(layer.Name), layer.Units, values / graph.Columns, 1, 1);
        var units = InColumns(graph, maps.Name, weight, graph.Weight(WeightShape.BiasOf(layer.Name)), output + ".units");
        graph.Node("Flatten", [units], output, OnnxNode.Int("axis", 1));
        return new Activation(output, shape, Flat: true);
    }

    /// <summary>
    /// x / s^β with s = k + α·Σ x² over neighbouring maps of the same column. The sum is a 1×1 Conv of x², one group for each column,
    /// whose weight is a band of α and whose bias is k; s^0.75 is √s·√√s. The LRN operator computes the same with a scalar pow for each
    /// value, which took 46 % of the whole network's time on a CPU.
    /// </summary>
    private static Activation Normalise(GraphWriter graph, LocalResponseNormalisation layer, Activation maps, string output)
    {
        var squares = graph.Node("Mul", [maps.Name, maps.Name], output + ".squares");
        var (band, k) = (Band(graph, layer, maps.Shape.Maps), K(graph, layer, maps.Shape.Maps));
        var s = InColumns(graph, squares, band, k, output + ".s");
        graph.Node("Div", [maps.Name, layer.Beta == PaperBeta ? ThreeQuarters(graph, s) : Power(graph, layer, s)], output);
        return maps with { Name = output };
    }

    /// <summary>A 1×1 Conv with one group for each column.</summary>
    private static string InColumns(GraphWriter graph, string input, string weight, string bias, string output) => graph.Node(
        "Conv", [input, weight, bias], output, OnnxNode.Int("group", graph.Columns), OnnxNode.Square("kernel_shape", 1));

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

    /// <summary>[maps, maps of a column, 1, 1]: α where two maps of one column are at most n/2 apart, 0 elsewhere.</summary>
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
        graph.Constant(Named($"lrn.k{layer.K}.{maps}"), [maps], () => [.. Enumerable.Repeat((float)layer.K, maps)]);

    private static string Named(FormattableString name) => name.ToString(CultureInfo.InvariantCulture);
}
