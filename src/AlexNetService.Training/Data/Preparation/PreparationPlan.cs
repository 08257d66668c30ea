namespace AlexNetService.Training.Data.Preparation;

/// <summary>
/// The plan of a preparation, written to the output folder before anything else: the data set with the hash of its names and lengths, the
/// side of the pictures in pixels, their JPEG quality, and the photographs of a shard, unreadable ones included. All output follows from
/// these values, so an interrupted preparation can continue, and ends with the same bytes as one without interruption.
/// </summary>
public sealed record PreparationPlan(string Source, string SourceSha256, int Photographs, int Canvas, int Quality, int ShardSize)
{
    /// <summary>Default JPEG quality.</summary>
    public const int UsualQuality = 95;

    /// <summary>Default number of photographs of a shard: 150 MB at 259×259 pixels.</summary>
    public const int UsualShardSize = 5000;

    private const string FileName = "prepare.json";
    private const int OrderSeed = 2012;
    private const int LargestFile = 1 << 20; // bytes

    /// <summary>Number of shards.</summary>
    public int Shards => (Photographs + ShardSize - 1) / ShardSize;

    internal static bool IsIn(string folder) => File.Exists(Path.Combine(folder, FileName));

    internal static string ShardName(int shard) => $"shard-{shard:D6}.tar";

    /// <summary>Places of the photographs in the order of the shards, shuffled so that a sequential reader gets mixed classes.</summary>
    internal int[] Order()
    {
        var order = Enumerable.Range(0, Photographs).ToArray();
        new Random(OrderSeed).Shuffle(order);
        return order;
    }

    /// <summary>Claims a folder for this plan: a new or empty one, or one that holds the same plan.</summary>
    /// <exception cref="DataSetException">The folder holds other files or another plan.</exception>
    internal void Claim(string folder)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
        {
            var others = Directory.EnumerateFileSystemEntries(folder).Where(entry => !entry.EndsWith(".partial", StringComparison.Ordinal));
            if (others.FirstOrDefault() is { } stranger)
            {
                throw new DataSetException($"'{folder}' holds other files ('{Path.GetFileName(stranger)}'). Name an empty or new folder.");
            }

            WholeFile.Write(file, JsonSerializer.SerializeToUtf8Bytes(this, PreparationJson.Format.PreparationPlan));
            return;
        }

        PreparationPlan? begun;
        try
        {
            begun = JsonSerializer.Deserialize(RegularFile.ReadAllBytes(file, LargestFile), PreparationJson.Format.PreparationPlan);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            throw new DataSetException($"'{file}' is damaged: {e.Message} Empty the folder and start again.", e);
        }

        if (begun is not null && begun != this)
        {
            var content = begun.SourceSha256 == SourceSha256 ? "" : ", other photographs or lengths";
            throw new DataSetException(
                $"'{folder}' holds another preparation: of '{begun.Source}' ({begun.Photographs} photographs), canvas {begun.Canvas}, "
                + $"quality {begun.Quality}, {begun.ShardSize} a shard{content}. Name another folder, or empty this one.");
        }
    }
}
