using System.Text.Json.Serialization;

namespace AlexNetService.ModelSpec.Architecture;

/// <summary>A layer table with its name, its columns and the geometry of its input.</summary>
/// <param name="Preset">Name of the table, such as <c>alexnet</c>.</param>
/// <param name="Columns">How many columns (devices) the maps are divided over; 2 in the paper.</param>
/// <param name="Geometry">Canvas and crop, in pixels.</param>
/// <param name="Layers">The table, first layer first; the last is a <see cref="Classifier"/>.</param>
public sealed record NetworkArchitecture(string Preset, int Columns, CropGeometry Geometry, IReadOnlyList<Layer> Layers)
{
    /// <summary>Colour channels of the input: red, green, blue.</summary>
    public const int Channels = 3;

    /// <summary>
    /// Whether the mean that is subtracted from a crop is an image, [3,crop,crop], as in the 2012 code, and not one colour. An image ties
    /// conv1 to the place of the crop.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool MeanImage { get; init; }

    /// <summary>How many values the mean has that is subtracted from a crop: one a channel, or one a pixel and channel.</summary>
    [JsonIgnore]
    public int MeanValues => MeanImage ? Channels * Geometry.Crop * Geometry.Crop : Channels;

    /// <summary>Number of classes, as the last layer says.</summary>
    /// <exception cref="ArchitectureException">The table does not end with a classifier.</exception>
    [JsonIgnore]
    public int Classes => Layers is [.., Classifier last]
        ? last.Classes
        : throw new ArchitectureException($"The layer table of '{Preset}' must end with a classifier.");

    /// <summary>The hidden dense layer whose rectified output is the feature vector: the last one before the classifier.</summary>
    /// <exception cref="ArchitectureException">The table has no hidden dense layer.</exception>
    [JsonIgnore]
    public Dense FeatureLayer => Layers.OfType<Dense>().LastOrDefault()
        ?? throw new ArchitectureException($"The layer table of '{Preset}' has no hidden dense layer to take features from.");

    /// <summary>The table with the shapes, parameters and multiply-adds of each layer.</summary>
    /// <exception cref="ArchitectureException">A layer does not fit what the layers before it produce.</exception>
    public IReadOnlyList<LayerRow> Rows() => ShapeInference.Run(this);

    /// <summary>The merged network's weights and their dimensions, in the order of the table.</summary>
    /// <exception cref="ArchitectureException">A layer does not fit what the layers before it produce.</exception>
    public IReadOnlyList<WeightShape> Weights() => [.. Rows().SelectMany(WeightShape.Of)];

    /// <summary>A layer's name in one column: <c>conv1a</c>, <c>conv1b</c>; the plain name where there is nothing to tell apart.</summary>
    /// <param name="layer">Name of the layer in the whole network.</param>
    /// <param name="column">The column, from 0.</param>
    public string InColumn(string layer, int column) => Columns == 1 ? layer : layer + (char)('a' + column);
}
