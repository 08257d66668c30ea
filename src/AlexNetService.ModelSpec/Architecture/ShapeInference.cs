namespace AlexNetService.ModelSpec.Architecture;

/// <summary>Follows one crop through a layer table.</summary>
internal static class ShapeInference
{
    public static IReadOnlyList<LayerRow> Run(NetworkArchitecture architecture)
    {
        if (architecture.Columns is < 1 or > 26)
        {
            throw new ArchitectureException($"'{architecture.Preset}' has {architecture.Columns} columns; 1 to 26 can be told apart.");
        }

        var (canvas, crop) = architecture.Geometry;
        if (crop < 1 || crop > canvas)
        {
            throw new ArchitectureException($"'{architecture.Preset}' cuts crops of {crop} pixels from a canvas of {canvas}.");
        }

        var rows = new List<LayerRow>(architecture.Layers.Count);
        var shape = new Shape(NetworkArchitecture.Channels, crop, crop);
        foreach (var layer in architecture.Layers)
        {
            var row = Follow(layer, shape, architecture.Columns);
            rows.Add(row);
            shape = row.Output;
        }

        return rows;
    }

    private static LayerRow Follow(Layer layer, Shape input, int columns)
    {
        switch (layer)
        {
            case Convolution convolution:
                RequireDivisible(convolution, columns);
                var side = Windows(convolution.Name, input, convolution.Kernel, convolution.Stride, convolution.Padding);
                var output = side with { Maps = convolution.Maps };
                var perOutput = Inputs(convolution, input.Maps, columns) * convolution.Kernel * convolution.Kernel;
                return Weighted(convolution, input, output, perOutput);
            case MaxPooling pooling:
                return Plain(pooling, input, Windows(pooling.Name, input, pooling.Window, pooling.Stride, padding: 0));
            case Dense dense:
                RequireDivisible(dense, columns);
                return Weighted(dense, input, new Shape(dense.Units, 1, 1), Inputs(dense, input.Values, columns));
            case Classifier classifier:
                return Weighted(classifier, input, new Shape(classifier.Classes, 1, 1), input.Values);
            case LocalResponseNormalisation { Maps: var maps } when maps < 1 || maps % 2 == 0:
                throw new ArchitectureException($"{layer.Name} sums over {maps} maps; the number must be odd.");
            default:
                return Plain(layer, input, input);
        }
    }

    private static LayerRow Plain(Layer layer, Shape input, Shape output) => new(layer, input, output, Parameters: 0, MultiplyAdds: 0);

    private static LayerRow Weighted(WeightedLayer layer, Shape input, Shape output, int perOutput) =>
        new(layer, input, output, layer.Outputs * (perOutput + 1L), (long)output.Values * perOutput);

    private static int Inputs(WeightedLayer layer, int all, int columns) => layer.Reads == Reads.OwnColumn ? all / columns : all;

    private static Shape Windows(string name, Shape input, int window, int stride, int padding)
    {
        if (window < 1 || stride < 1 || padding < 0)
        {
            throw new ArchitectureException($"{name} has a window of {window}, a stride of {stride} and a padding of {padding}.");
        }

        if (input.Height + (2 * padding) < window)
        {
            throw new ArchitectureException($"{name}: a {window}×{window} window does not fit into {input}. Use a larger crop.");
        }

        var side = ((input.Height + (2 * padding) - window) / stride) + 1;
        return input with { Height = side, Width = side };
    }

    private static void RequireDivisible(WeightedLayer layer, int columns)
    {
        if (layer.Outputs % columns != 0)
        {
            throw new ArchitectureException($"{layer.Name}: {layer.Outputs} maps cannot be divided evenly over {columns} columns.");
        }
    }
}
