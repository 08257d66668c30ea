using AlexNetService.ModelSpec.Package;

namespace AlexNetService.ModelSpec.Weights;

/// <summary>
/// Weights with what a stranger needs to use them, as a safetensors file: the merged tensors by name, and as metadata the preset, the
/// layer table, the number of classes, their labels and the mean colour.
/// </summary>
/// <param name="MeanColour">Mean red, green, blue that is subtracted from a crop, 0..255.</param>
public sealed record PortableWeights(
    NetworkArchitecture Architecture, NamedWeights Weights, IReadOnlyList<double> MeanColour, IReadOnlyList<ClassLabel> Labels)
{
    private const string PresetKey = "alexnet.preset";
    private const string ClassesKey = "alexnet.classes";
    private const string ArchitectureKey = "alexnet.architecture";
    private const string LabelsKey = "alexnet.labels";
    private const string MeanColourKey = "alexnet.mean-colour";
    /// <summary>Name of the mean image among the tensors.</summary>
    public const string MeanImageName = "mean-image";


    /// <summary>The mean canvas, [3,canvas,canvas], 0..255, of a table that subtracts an image; otherwise null.</summary>
    public float[]? MeanImage { get; init; }

    /// <summary>The file's content.</summary>
    /// <param name="nameOf">Name in the file by our name, or null for ours.</param>
    public SafeTensors ToFile(Func<string, string>? nameOf = null)
    {
        var tensors = Architecture.Weights().ToDictionary(
            shape => nameOf is null ? shape.Name : nameOf(shape.Name), shape => Weights[shape.Name], StringComparer.Ordinal);
        if (MeanImage is not null)
        {
            tensors.Add(MeanImageName, new WeightTensor(MeanImageDimensions(Architecture), MeanImage));
        }

        return new SafeTensors(tensors, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["format"] = "pt", // the convention by which loaders of other software know how tensors are laid out
            [PresetKey] = Architecture.Preset,
            [ClassesKey] = Architecture.Classes.ToString(CultureInfo.InvariantCulture),
            [ArchitectureKey] = JsonSerializer.Serialize(Architecture, CardJson.Line.NetworkArchitecture),
            [LabelsKey] = JsonSerializer.Serialize(Labels, CardJson.Line.IReadOnlyListClassLabel),
            [MeanColourKey] = string.Join(',', MeanColour.Select(value => value.ToString("R", CultureInfo.InvariantCulture))),
        });
    }

    /// <summary>Reads what <see cref="ToFile"/> wrote.</summary>
    /// <param name="ourName">Our name by the name in the file.</param>
    /// <returns>The weights, or null where the metadata describes none: other software wrote the file.</returns>
    /// <exception cref="InvalidDataException">The metadata is not what this software writes.</exception>
    /// <exception cref="ArchitectureException">The weights do not fit the layer table.</exception>
    public static PortableWeights? Of(SafeTensors file, Func<string, string> ourName)
    {
        if (!file.Metadata.TryGetValue(ArchitectureKey, out var table))
        {
            return null;
        }

        try
        {
            var architecture = JsonSerializer.Deserialize(table, CardJson.Line.NetworkArchitecture);
            if (architecture is null || architecture.Layers.Any(layer => layer is null))
            {
                throw Broken(ArchitectureKey);
            }

            var labels = JsonSerializer.Deserialize(Metadata(file, LabelsKey), CardJson.Line.IReadOnlyListClassLabel)
                ?? throw Broken(LabelsKey);
            var tensors = file.Tensors.ToDictionary(tensor => ourName(tensor.Key), tensor => tensor.Value, StringComparer.Ordinal);
            return new PortableWeights(architecture, new NamedWeights(architecture, tensors), Colour(Metadata(file, MeanColourKey)), labels)
            {
                MeanImage = architecture.MeanImage ? MeanImageOf(file, architecture) : null,
            };
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or FormatException)
        {
            throw new InvalidDataException($"The file's metadata is not what 'alexnet export' writes: {e.Message}", e);
        }
    }

    private static double[] Colour(string text)
    {
        double[] colour = [.. text.Split(',').Select(value => double.Parse(value, CultureInfo.InvariantCulture))];
        return colour.Length == NetworkArchitecture.Channels && Array.TrueForAll(colour, double.IsFinite)
            ? colour
            : throw Broken(MeanColourKey);
    }

    private static float[] MeanImageOf(SafeTensors file, NetworkArchitecture architecture) =>
        file.Tensors.TryGetValue(MeanImageName, out var image) && image.Dimensions.SequenceEqual(MeanImageDimensions(architecture))
            ? image.Values
            : throw new InvalidDataException(
                $"The file has no tensor {MeanImageName} of the size of the canvas, which its layer table subtracts.");

    private static int[] MeanImageDimensions(NetworkArchitecture architecture) =>
        [NetworkArchitecture.Channels, architecture.Geometry.Canvas, architecture.Geometry.Canvas];

    private static string Metadata(SafeTensors file, string key) =>
        file.Metadata.TryGetValue(key, out var text) ? text : throw Broken(key);

    private static InvalidDataException Broken(string key) =>
        new($"The file's metadata {key} is missing or not what 'alexnet export' writes.");
}
