namespace AlexNetService.ModelSpec.Architecture;

/// <summary>Computes the shapes of one crop's activations through a layer table, and checks the table.</summary>
internal static class ShapeInference
{
    public static IReadOnlyList<LayerRow> Run(NetworkArchitecture architecture)
    {
        if (architecture.Columns is < 1 or > 26)
        {
            throw new ArchitectureException($"'{architecture.Preset}' has {architecture.Columns} columns; use 1 to 26.");
        }

        var (canvas, crop) = architecture.Geometry;
        if (crop < 1 || crop > canvas)
        {
            throw new ArchitectureException($"'{architecture.Preset}' cuts crops of {crop} pixels from a canvas of {canvas}.");
        }

        RequireReadable(architecture);
        var rows = new List<LayerRow>(architecture.Layers.Count);
        var shape = new Shape(NetworkArchitecture.Channels, crop, crop);
        var divided = false;
        foreach (var layer in architecture.Layers)
        {
            RequireColumns(layer, shape, divided, architecture.Columns);
            var row = Follow(layer, shape, architecture.Columns);
            rows.Add(row);
            shape = row.Output;
            divided |= layer is WeightedLayer;
        }

        return rows;
    }

    private static void RequireReadable(NetworkArchitecture architecture)
    {
        if (architecture.Layers.CountBy(layer => layer.Name).FirstOrDefault(name => name.Value > 1) is { Key: { } twice })
        {
            throw new ArchitectureException($"'{architecture.Preset}' has two layers named {twice}; give each its own name.");
        }

        if (architecture.Layers.SkipLast(1).FirstOrDefault(layer => layer is Classifier) is { Name: var early })
        {
            throw new ArchitectureException($"{early} is a classifier and not the last layer of '{architecture.Preset}'.");
        }
    }

    // Every column holds the whole picture until the first weighted layer divides its maps over the columns.
    private static void RequireColumns(Layer layer, Shape input, bool divided, int columns)
    {
        if (columns == 1)
        {
            return;
        }

        if (layer is WeightedLayer { Reads: var reads } && layer is not Classifier && divided == (reads == Reads.Image))
        {
            throw new ArchitectureException($"{layer.Name} reads {reads}; the first weighted layer reads the image, and only that one.");
        }

        var keepsToColumn = layer is LocalResponseNormalisation or WeightedLayer { Reads: Reads.OwnColumn };
        if (keepsToColumn && (!divided || input.Maps % columns != 0))
        {
            throw new ArchitectureException($"{layer.Name} works inside a column, but {input} is not divided over {columns} columns.");
        }
    }

    private static LayerRow Follow(Layer layer, Shape input, int columns)
    {
        switch (layer)
        {
            case Convolution convolution:
                RequireDivisible(convolution, columns);
                var (name, maps, kernel, stride, padding, _, _, _) = convolution;
                var output = Windows(name, input, kernel, stride, padding, convolution.EdgePadding) with { Maps = maps };
                var perOutput = convolution.InputsOfAColumn(input.Maps, columns) * kernel * kernel;
                return Weighted(convolution, input, output, perOutput);
            case MaxPooling pooling:
                return Plain(pooling, input, Windows(pooling.Name, input, pooling.Window, pooling.Stride, padding: 0));
            case Dense dense:
                RequireDivisible(dense, columns);
                return Weighted(dense, input, new Shape(dense.Units, 1, 1), dense.InputsOfAColumn(input.Values, columns));
            case Classifier { Reads: not Reads.BothColumns }:
                throw new ArchitectureException($"{layer.Name} is a classifier and must read both columns.");
            case Classifier { Classes: < 2 and var classes }:
                throw new ArchitectureException($"{layer.Name} has {classes} classes; use two or more.");
            case Classifier classifier:
                return Weighted(classifier, input, new Shape(classifier.Classes, 1, 1), input.Values);
            case LocalResponseNormalisation { Maps: var summed } when summed < 1 || summed % 2 == 0:
                throw new ArchitectureException($"{layer.Name} sums over {summed} maps; use an odd number.");
            case LocalResponseNormalisation { K: var k, Alpha: var alpha } when !(k > 0 && alpha >= 0):
                throw new ArchitectureException($"{layer.Name} has k {k} and α {alpha}; k must be above 0, and α 0 or more.");
            case Scaling { Factor: var factor } when factor == 0 || !double.IsFinite(factor):
                throw new ArchitectureException($"{layer.Name} multiplies by {factor}; use a number other than 0.");
            case Standardisation { Deviations: var deviations }
                when deviations.Count != input.Maps || deviations.Any(deviation => deviation == 0 || !double.IsFinite(deviation)):
                throw new ArchitectureException(
                    $"{layer.Name} divides {input.Maps} channels by {string.Join(", ", deviations)}; "
                    + "use a number other than 0 for each channel.");
            case Dropout { Rate: var rate } when !(rate >= 0 && rate < 1):
                throw new ArchitectureException($"{layer.Name} drops a share of {rate}; it must be 0 or more and below 1.");
            default:
                return Plain(layer, input, input);
        }
    }

    private static LayerRow Plain(Layer layer, Shape input, Shape output) => new(layer, input, output, Parameters: 0, MultiplyAdds: 0);

    private static LayerRow Weighted(WeightedLayer layer, Shape input, Shape output, int perOutput) =>
        new(layer, input, output, layer.Outputs * (perOutput + 1L), (long)output.Values * perOutput);

    private static Shape Windows(string name, Shape input, int window, int stride, int padding, int edgePadding = 0)
    {
        if (window < 1 || stride < 1 || padding < 0 || edgePadding < 0)
        {
            throw new ArchitectureException(
                $"{name} has a window of {window}, a stride of {stride}, a padding of {padding} and {edgePadding} more at the edge.");
        }

        var padded = input.Height + (2 * padding) + edgePadding;
        if (padded < window)
        {
            throw new ArchitectureException($"{name}: a window of {window}×{window} does not fit into {input}. Use a larger crop.");
        }

        var side = ((padded - window) / stride) + 1;
        return input with { Height = side, Width = side };
    }

    private static void RequireDivisible(WeightedLayer layer, int columns)
    {
        if (layer.Outputs < 1 || layer.Outputs % columns != 0)
        {
            throw new ArchitectureException($"{layer.Name}: {layer.Outputs} maps cannot be divided evenly over {columns} columns.");
        }
    }
}
