namespace AlexNetService.ModelSpec.Architecture;

/// <summary>Computes the shapes of one crop's activations through a layer table, and checks the table.</summary>
internal static class ShapeInference
{
    public static IReadOnlyList<LayerRow> Run(NetworkArchitecture architecture)
    {
        Require(Broken(architecture));
        var (columns, crop) = (architecture.Columns, architecture.Geometry.Crop);
        var rows = new List<LayerRow>(architecture.Layers.Count);
        var shape = new Shape(NetworkArchitecture.Channels, crop, crop);
        var divided = false;
        foreach (var layer in architecture.Layers)
        {
            Require(BrokenColumns(layer, shape, divided, columns) ?? Broken(layer, shape, columns));
            var row = Row(layer, shape, columns);
            rows.Add(row);
            shape = row.Output;
            divided |= layer is WeightedLayer;
        }

        return rows;
    }

    private static void Require(string? broken)
    {
        if (broken is not null)
        {
            throw new ArchitectureException(broken);
        }
    }

    private static string? Broken(NetworkArchitecture table)
    {
        var (canvas, crop) = table.Geometry;
        return table.Columns is < 1 or > 26 ? $"'{table.Preset}' has {table.Columns} columns; use 1 to 26."
            : crop < 1 || crop > canvas ? $"'{table.Preset}' cuts crops of {crop} pixels from a canvas of {canvas}."
            : table.Layers.CountBy(layer => layer.Name).FirstOrDefault(name => name.Value > 1) is { Key: { } twice }
                ? $"'{table.Preset}' has two layers named {twice}; give each its own name."
            : table.Layers.SkipLast(1).FirstOrDefault(layer => layer is Classifier) is { Name: var early }
                ? $"{early} is a classifier and not the last layer of '{table.Preset}'."
            : null;
    }

    // Every column holds the whole picture until the first weighted layer divides its maps over the columns.
    private static string? BrokenColumns(Layer layer, Shape input, bool divided, int columns) => layer switch
    {
        _ when columns == 1 => null,
        WeightedLayer { Reads: var reads } and not Classifier when divided == (reads == Reads.Image) =>
            $"{layer.Name} reads {reads}; the first weighted layer reads the image, and only that one.",
        LocalResponseNormalisation or WeightedLayer { Reads: Reads.OwnColumn } when !divided || input.Maps % columns != 0 =>
            $"{layer.Name} works inside a column, but {input} is not divided over {columns} columns.",
        _ => null,
    };

    private static string? Broken(Layer layer, Shape input, int columns) => layer switch
    {
        WeightedLayer { Outputs: var maps } and not Classifier when maps < 1 || maps % columns != 0 =>
            $"{layer.Name}: {maps} maps cannot be divided evenly over {columns} columns.",
        Convolution convolution => BrokenWindow(
            layer.Name, input, convolution.Kernel, convolution.Stride, convolution.Padding, convolution.EdgePadding),
        MaxPooling pooling => BrokenWindow(layer.Name, input, pooling.Window, pooling.Stride, padding: 0, edgePadding: 0),
        Classifier { Reads: not Reads.BothColumns } => $"{layer.Name} is a classifier and must read both columns.",
        Classifier { Classes: < 2 and var classes } => $"{layer.Name} has {classes} classes; use two or more.",
        LocalResponseNormalisation { Maps: var summed } when summed < 1 || summed % 2 == 0 =>
            $"{layer.Name} sums over {summed} maps; use an odd number.",
        LocalResponseNormalisation { K: var k, Alpha: var alpha } when !(k > 0 && alpha >= 0) =>
            $"{layer.Name} has k {k} and α {alpha}; k must be above 0, and α 0 or more.",
        Scaling { Factor: var factor } when factor == 0 || !double.IsFinite(factor) =>
            $"{layer.Name} multiplies by {factor}; use a number other than 0.",
        Standardisation { Deviations: var deviations }
            when deviations.Count != input.Maps || deviations.Any(deviation => deviation == 0 || !double.IsFinite(deviation)) =>
            $"{layer.Name} divides {input.Maps} channels by {string.Join(", ", deviations)}; use a number other than 0 for each channel.",
        Dropout { Rate: var rate } when !(rate >= 0 && rate < 1) =>
            $"{layer.Name} drops a share of {rate}; it must be 0 or more and below 1.",
        _ => null,
    };

    private static string? BrokenWindow(string name, Shape input, int window, int stride, int padding, int edgePadding) =>
        window < 1 || stride < 1 || padding < 0 || edgePadding < 0
            ? $"{name} has a window of {window}, a stride of {stride}, a padding of {padding} and {edgePadding} more at the edge."
        : input.Height + (2 * padding) + edgePadding < window
            ? $"{name}: a window of {window}×{window} does not fit into {input}. Use a larger crop."
        : null;

    private static LayerRow Row(Layer layer, Shape input, int columns) => layer switch
    {
        Convolution convolution => Weighted(
            convolution,
            input,
            Windows(
                input with { Maps = convolution.Maps },
                convolution.Kernel,
                convolution.Stride,
                (2 * convolution.Padding) + convolution.EdgePadding),
            convolution.InputsOfAColumn(input.Maps, columns) * convolution.Kernel * convolution.Kernel),
        MaxPooling pooling => Plain(pooling, input, Windows(input, pooling.Window, pooling.Stride, padding: 0)),
        Dense dense => Weighted(dense, input, new Shape(dense.Units, 1, 1), dense.InputsOfAColumn(input.Values, columns)),
        Classifier classifier => Weighted(classifier, input, new Shape(classifier.Classes, 1, 1), input.Values),
        _ => Plain(layer, input, input),
    };

    private static LayerRow Plain(Layer layer, Shape input, Shape output) => new(layer, input, output, Parameters: 0, MultiplyAdds: 0);

    private static LayerRow Weighted(WeightedLayer layer, Shape input, Shape output, int perOutput) =>
        new(layer, input, output, layer.Outputs * (perOutput + 1L), (long)output.Values * perOutput);

    private static Shape Windows(Shape input, int window, int stride, int padding)
    {
        var side = ((input.Height + padding - window) / stride) + 1;
        return input with { Height = side, Width = side };
    }
}
