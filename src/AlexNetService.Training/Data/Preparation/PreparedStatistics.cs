using System.Text.Encodings.Web;

namespace AlexNetService.Training.Data.Preparation;

/// <summary>
/// <c>statistics.json</c>: the output of <c>alexnet prepare</c> and the statistics of its pictures. They are measured on the pictures as
/// they are read back, so that training reads exactly the measured pictures.
/// </summary>
public sealed record PreparedStatistics
{
    private const int CurrentFormat = 1;
    private const string FileName = "statistics.json";
    private const string MeanImageName = "mean-image.safetensors";
    private const string MeanImageTensor = "mean";
    private const int LargestFile = 64 << 20; // bytes; 1000 classes and 260 shards take 150 kB

    /// <summary>Version of this file's layout.</summary>
    public required int Format { get; init; }

    /// <summary>Name of the data set that was prepared.</summary>
    public required string Source { get; init; }

    /// <summary>Hash of its names and lengths.</summary>
    public required string SourceSha256 { get; init; }

    /// <summary>Side of the pictures, in pixels.</summary>
    public required int Canvas { get; init; }

    /// <summary>Their JPEG quality.</summary>
    public required int Quality { get; init; }

    /// <summary>Number of pictures.</summary>
    public required int Photographs { get; init; }

    /// <summary>Number of source photographs that could not be read and were left out.</summary>
    public required int Unreadable { get; init; }

    /// <summary>Mean red, green, blue, 0..255.</summary>
    public required IReadOnlyList<double> Mean { get; init; }

    /// <summary>Eigenvectors of the covariance of RGB, each of length 1, the strongest last.</summary>
    public required IReadOnlyList<IReadOnlyList<double>> Components { get; init; }

    /// <summary>Their eigenvalues: variance of the colours along each, in squared pixel values.</summary>
    public required IReadOnlyList<double> Eigenvalues { get; init; }

    /// <summary>The file beside this one that holds the mean image as tensor <c>mean</c>, [3,canvas,canvas], 0..255.</summary>
    public required PreparedFile MeanImage { get; init; }

    /// <summary>The classes by index.</summary>
    public required IReadOnlyList<ClassLabel> Labels { get; init; }

    /// <summary>Number of pictures of each class, by index.</summary>
    public required IReadOnlyList<int> PhotographsOfClass { get; init; }

    /// <summary>The shards, in order.</summary>
    public required IReadOnlyList<PreparedFile> Shards { get; init; }

    /// <summary>The folder of the file.</summary>
    [JsonIgnore]
    public string Folder { get; private init; } = "";

    /// <summary>Reads the mean image, [3,canvas,canvas], 0..255.</summary>
    /// <exception cref="DataSetException">Its file is missing or damaged.</exception>
    public float[] ReadMeanImage()
    {
        try
        {
            var image = SafeTensors.Read(Path.Combine(Folder, MeanImage.File)).Tensors[MeanImageTensor].Values;
            return image.Length == 3 * Canvas * Canvas && Array.TrueForAll(image, value => value is >= 0 and <= 255)
                ? image
                : throw new InvalidDataException($"It does not hold 3×{Canvas}×{Canvas} values of 0 to 255.");
        }
        catch (Exception e) when (e is IOException or InvalidDataException or KeyNotFoundException)
        {
            throw new DataSetException(
                $"'{MeanImage.File}' of '{Folder}' cannot be read: {e.Message} Run the same 'alexnet prepare' again.", e);
        }
    }

    internal static bool IsIn(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Reads a folder's statistics.</summary>
    /// <exception cref="DataSetException">They are damaged or of another format.</exception>
    internal static PreparedStatistics Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            var read = JsonSerializer.Deserialize(RegularFile.ReadAllBytes(path, LargestFile), PreparationJson.Format.PreparedStatistics)
                ?? throw new JsonException("it is empty.");
            return read.Format != CurrentFormat
                ? throw new DataSetException(
                    $"'{path}' has format {read.Format}; this software reads {CurrentFormat}. Prepare the data set again.")
                : read.Broken() is { } reason ? throw new JsonException(reason)
                : read with { Folder = folder };
        }
        catch (Exception e) when (e is JsonException or IOException or InvalidDataException)
        {
            throw new DataSetException($"'{path}' cannot be read: {e.Message} Run the same 'alexnet prepare' again.", e);
        }
    }

    /// <summary>The reason why the values cannot be those of a preparation, as a sentence; null if they can.</summary>
    private string? Broken() =>
        Canvas is < 1 or > CanvasDecoder.MaxCanvasSide ? $"canvas is {Canvas}."
        : Mean.Count != 3 || !Mean.All(value => value is >= 0 and <= 255) ? "mean is not three values of 0 to 255."
        : Components.Count != 3
            || !Components.All(direction => direction is { Count: 3 } && direction.All(value => Math.Abs(value) <= 1.01))
            ? "components are not three directions of length 1."
        : Eigenvalues.Count != 3 || !Eigenvalues.All(value => value is >= 0 and <= 255 * 255) ? "eigenvalues are not three variances."
        : Labels.Index().Any(label => label.Item is not { Id: not null, Name: not null } || label.Item.Index != label.Index)
            ? "labels are not in the order of their index."
        : Labels.CountBy(label => label.Id, StringComparer.Ordinal).FirstOrDefault(id => id.Value > 1) is { Key: { } twice }
            ? $"label '{twice}' is there twice."
        : PhotographsOfClass.Count != Labels.Count ? "photographsOfClass does not have a number for each label."
        : Shards.Append(MeanImage).All(file => file is { File: not null } && file.File == Path.GetFileName(file.File)) ? null
        : "a file is not named, or is not beside it.";

    /// <summary>Checks that every shard exists and has its length; hashes are not checked.</summary>
    /// <exception cref="DataSetException">A shard is missing or has another length.</exception>
    internal void RequireShards(string folder)
    {
        foreach (var shard in Shards)
        {
            var file = new FileInfo(Path.Combine(folder, shard.File));
            if (!file.Exists || file.Length != shard.Bytes)
            {
                throw new DataSetException(
                    $"Shard '{file.FullName}' {(file.Exists ? $"has {file.Length} of {shard.Bytes} bytes" : "is missing")}. "
                    + "Copy it again, or run the same 'alexnet prepare' again: it writes the missing shards.");
            }
        }
    }

    internal static PreparedStatistics Write(
        string folder,
        PreparationPlan plan,
        IReadOnlyList<ClassLabel> labels,
        int[] ofClass,
        PixelSums sums,
        IReadOnlyList<PreparedFile> shards)
    {
        var image = Path.Combine(folder, MeanImageName);
        var mean = new WeightTensor([3, plan.Canvas, plan.Canvas], sums.MeanImage());
        new SafeTensors(
            new Dictionary<string, WeightTensor>(StringComparer.Ordinal) { [MeanImageTensor] = mean },
            new Dictionary<string, string>(StringComparer.Ordinal)).Write(image);
        var (components, eigenvalues) = sums.Components();
        var statistics = new PreparedStatistics
        {
            Format = CurrentFormat,
            Source = plan.Source,
            SourceSha256 = plan.SourceSha256,
            Canvas = plan.Canvas,
            Quality = plan.Quality,
            Photographs = ofClass.Sum(),
            Unreadable = plan.Photographs - ofClass.Sum(),
            Mean = sums.Mean(),
            Components = components,
            Eigenvalues = eigenvalues,
            MeanImage = PreparedFile.Of(image),
            Labels = labels,
            PhotographsOfClass = ofClass,
            Shards = shards,
            Folder = folder,
        };
        var json = JsonSerializer.SerializeToUtf8Bytes(statistics, PreparationJson.Format.PreparedStatistics);
        WholeFile.Write(Path.Combine(folder, FileName), json);
        return statistics;
    }
}

/// <summary>A file of a preparation: its name in the folder, the SHA-256 of its bytes in lower-case hexadecimal, and its length.</summary>
public sealed record PreparedFile(string File, string Sha256, long Bytes)
{
    internal static PreparedFile Of(string path)
    {
        using var stream = System.IO.File.OpenRead(path);
        return new PreparedFile(Path.GetFileName(path), Convert.ToHexStringLower(SHA256.HashData(stream)), stream.Length);
    }
}

/// <summary>The JSON format of a preparation's files: camelCase, indented, class names readable.</summary>
[JsonSerializable(typeof(PreparationPlan))]
[JsonSerializable(typeof(PreparedStatistics))]
internal sealed partial class PreparationJson : JsonSerializerContext
{
    public static PreparationJson Format { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        IgnoreReadOnlyProperties = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
