using System.Globalization;
using System.Text.Json;
using AlexNetService.ModelSpec.Files;

namespace AlexNetService.Training.Data.Preparation;

/// <summary>
/// What a preparation writes: all of it follows from these numbers, so that one that was broken off can go on, and ends with the same
/// bytes as one that was not. Lies in the output folder from the beginning.
/// </summary>
/// <param name="Source">Name of the data set.</param>
/// <param name="SourceSha256">Hash of its names and lengths.</param>
/// <param name="Photographs">How many photographs it has.</param>
/// <param name="Canvas">Side of the pictures written, in pixels.</param>
/// <param name="Quality">Their JPEG quality.</param>
/// <param name="ShardSize">Photographs of a shard, the unreadable ones counted.</param>
public sealed record PreparationPlan(string Source, string SourceSha256, int Photographs, int Canvas, int Quality, int ShardSize)
{
    /// <summary>JPEG quality where none is asked for.</summary>
    public const int UsualQuality = 95;

    /// <summary>Photographs of a shard where no number is asked for: 150 MB of 259×259 pixels.</summary>
    public const int UsualShardSize = 5000;

    private const string FileName = "prepare.json";
    private const int OrderSeed = 2012;

    /// <summary>How many shards there will be.</summary>
    public int Shards => (Photographs + ShardSize - 1) / ShardSize;

    /// <summary>Whether a preparation was begun in a folder.</summary>
    internal static bool IsIn(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Name of a shard's file.</summary>
    internal static string ShardName(int shard) => string.Create(CultureInfo.InvariantCulture, $"shard-{shard:D6}.tar");

    /// <summary>Places of the photographs in the order they are written, mixed so that a reader in order does not get class after class.</summary>
    internal int[] Order()
    {
        var order = Enumerable.Range(0, Photographs).ToArray();
        new Random(OrderSeed).Shuffle(order);
        return order;
    }

    /// <summary>Takes a folder for this plan: a new or empty one, or one in which the same plan was begun.</summary>
    /// <exception cref="DataSetException">The folder holds something else.</exception>
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

        if (ReadFrom(file) is { } begun && begun != this)
        {
            throw new DataSetException(
                $"'{folder}' holds another preparation: of '{begun.Source}' ({begun.Photographs} photographs), canvas {begun.Canvas}, "
                + $"quality {begun.Quality}, {begun.ShardSize} a shard{(begun.SourceSha256 == SourceSha256 ? "" : ", other photographs or lengths")}. "
                + "Name another folder, or empty this one.");
        }
    }

    private static PreparationPlan? ReadFrom(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), PreparationJson.Format.PreparationPlan);
        }
        catch (JsonException e)
        {
            throw new DataSetException($"'{file}' is damaged: {e.Message} Empty the folder and begin again.", e);
        }
    }
}
