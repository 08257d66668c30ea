namespace AlexNetService.ModelSpec.Architecture;

/// <summary>A layer table with its name, its columns and the geometry of its input.</summary>
/// <param name="Preset">Name of the table, such as <c>alexnet</c>.</param>
/// <param name="Columns">Number of columns (devices) that the maps are divided over; 2 in the paper.</param>
/// <param name="Geometry">Canvas and crop, in pixels.</param>
/// <param name="Layers">The layers in running order; the last is a <see cref="Classifier"/>.</param>
public sealed record NetworkArchitecture(string Preset, int Columns, CropGeometry Geometry, IReadOnlyList<Layer> Layers)
{
    /// <summary>Colour channels of the input: red, green, blue.</summary>
    public const int Channels = 3;

    /// <summary>
    /// Whether the mean to subtract from a crop is an image, [3,crop,crop], as in the 2012 code, instead of one colour. With an image, the
    /// output of conv1 depends on the place of the crop.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool MeanImage { get; init; }

    /// <summary>Number of values of that mean: one for each channel, or one for each pixel and channel.</summary>
    [JsonIgnore]
    public int MeanValues => MeanImage ? Channels * Geometry.Crop * Geometry.Crop : Channels;

    /// <summary>Number of classes: the units of the last layer.</summary>
    /// <exception cref="ArchitectureException">The table does not end with a classifier.</exception>
    [JsonIgnore]
    public int Classes => Layers is [.., Classifier last]
        ? last.Classes
        : throw new ArchitectureException($"The layer table of '{Preset}' must end with a classifier.");

    /// <summary>The hidden dense layer whose rectified output is the feature vector: the last before the classifier.</summary>
    /// <exception cref="ArchitectureException">The table has no hidden dense layer.</exception>
    [JsonIgnore]
    public Dense FeatureLayer => Layers.OfType<Dense>().LastOrDefault()
        ?? throw new ArchitectureException($"The layer table of '{Preset}' has no hidden dense layer to take features from.");

    /// <summary>The table with the shapes, parameters and multiply-adds of each layer.</summary>
    /// <exception cref="ArchitectureException">A layer does not fit the output of the preceding layers.</exception>
    public IReadOnlyList<LayerRow> Rows() => ShapeInference.Run(this);

    /// <summary>The merged network's weights and their dimensions, in the order of the table.</summary>
    /// <exception cref="ArchitectureException">A layer does not fit the output of the preceding layers.</exception>
    public IReadOnlyList<WeightShape> Weights() => [.. Rows().SelectMany(WeightShape.Of)];

    /// <summary>A layer's name in one column, <c>conv1a</c> or <c>conv1b</c>; the plain name where there is one column.</summary>
    /// <param name="column">The column, from 0.</param>
    public string InColumn(string layer, int column) => Columns == 1 ? layer : layer + (char)('a' + column);
}

/// <summary>The sizes of the canvas and of the crops that are cut from it.</summary>
/// <param name="Canvas">Side of the square canvas, in pixels: the photograph's shorter side is scaled to it, and its centre is cut.</param>
/// <param name="Crop">Side of the square crop that the network reads, in pixels; at most the canvas.</param>
public sealed record CropGeometry(int Canvas, int Crop);

/// <summary>A layer with its shapes and costs.</summary>
/// <param name="Input">Shape of its input, all columns together.</param>
/// <param name="Output">Shape of its output, all columns together.</param>
/// <param name="Parameters">Weights and biases of the whole network's layer.</param>
/// <param name="MultiplyAdds">Multiply-adds of its dot products for one crop; 0 for layers without weights.</param>
public sealed record LayerRow(Layer Layer, Shape Input, Shape Output, long Parameters, long MultiplyAdds);

/// <summary>The shape of one picture's activations between two layers.</summary>
/// <param name="Maps">Maps (or units, when height and width are 1) of the whole network.</param>
public readonly record struct Shape(int Maps, int Height, int Width)
{
    /// <summary>Number of values.</summary>
    public int Values => Maps * Height * Width;

    /// <summary><c>96×55×55</c>, or <c>4096</c> for a dense layer.</summary>
    public override string ToString() => Height == 1 && Width == 1 ? $"{Maps}" : $"{Maps}×{Height}×{Width}";
}

/// <summary>Name and dimensions of one weight of the merged network.</summary>
/// <param name="Name"><c>conv1.weight</c>, <c>conv1.bias</c>.</param>
/// <param name="Dimensions">
/// Convolution: [maps, maps a window reads, kernel, kernel]; dense: [units, inputs]; bias: [maps or units].
/// </param>
public sealed record WeightShape(string Name, IReadOnlyList<int> Dimensions)
{
    /// <summary>Name of a layer's weight.</summary>
    public static string WeightOf(string layer) => layer + ".weight";

    /// <summary>Name of a layer's bias.</summary>
    public static string BiasOf(string layer) => layer + ".bias";

    internal static IEnumerable<WeightShape> Of(LayerRow row)
    {
        if (row.Layer is not WeightedLayer layer)
        {
            yield break;
        }

        var perOutput = (int)(row.Parameters / layer.Outputs) - 1;
        yield return new WeightShape(WeightOf(layer.Name), layer is Convolution convolution
            ? [layer.Outputs, perOutput / (convolution.Kernel * convolution.Kernel), convolution.Kernel, convolution.Kernel]
            : [layer.Outputs, perOutput]);
        yield return new WeightShape(BiasOf(layer.Name), [layer.Outputs]);
    }
}

/// <summary>A layer table that is not a network: a window larger than its map, maps that cannot be divided over the columns.</summary>
public sealed class ArchitectureException(string message) : Exception(message);
