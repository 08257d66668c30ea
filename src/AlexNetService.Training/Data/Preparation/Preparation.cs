using System.Formats.Tar;
using System.Globalization;

namespace AlexNetService.Training.Data.Preparation;

/// <summary>
/// Data set → shards of canvas-sized JPEGs and their statistics. Each shard is written as a whole or not at all, with its hash in
/// <c>SHA256SUMS</c> (as <c>sha256sum --check</c> reads it). After an interruption, a new run keeps the shards whose bytes match their
/// hash and writes the others.
/// </summary>
public sealed class Preparation
{
    private const string Checksums = "SHA256SUMS";
    private const string UnreadableList = "unreadable.txt";
    private const int PicturesPerThread = 16;

    private readonly LabelledPhotographs source;
    private readonly PreparationPlan plan;
    private readonly string folder;
    private readonly int threads;
    private readonly IProgress<PreparationReport>? progress;
    private readonly UnreadablePhotographs unreadable;

    // Each thread takes a canvas to decode into, and sums to add it to.
    private readonly ConcurrentBag<(byte[] Canvas, PixelSums Sums)> workplaces = [];
    private readonly int[] ofClass;
    private int done;

    /// <summary>
    /// Prepares a data set in a new or empty folder, or in one where the same plan was interrupted. Reports progress on the thread that
    /// runs the preparation.
    /// </summary>
    public Preparation(
        LabelledPhotographs source, PreparationPlan plan, string folder, int threads, IProgress<PreparationReport>? progress = null)
    {
        (this.source, this.plan, this.folder, this.threads, this.progress) = (source, plan, folder, threads, progress);
        unreadable = new UnreadablePhotographs(source, source.Photographs);
        ofClass = new int[source.Labels.Count];
    }

    /// <summary>Path and reason of each photograph that could not be read.</summary>
    public IReadOnlyList<string> Unreadable => unreadable.Reasons;

    /// <summary>
    /// Writes everything that is missing, and gives the statistics of the folder. Finished shards stay if this is stopped.
    /// </summary>
    /// <exception cref="DataSetException">The folder holds other files, or too many photographs cannot be read.</exception>
    /// <exception cref="IOException">The disk is full or the folder cannot be written; finished shards stay.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public PreparedStatistics Run(CancellationToken cancellation = default)
    {
        plan.Claim(folder);
        var order = plan.Order();
        var hashes = ReadChecksums();
        var shards = new List<PreparedFile>();
        foreach (var places in order.Chunk(plan.ShardSize))
        {
            var (name, number) = (PreparationPlan.ShardName(shards.Count), shards.Count + 1);
            var path = Path.Combine(folder, name);
            if (!Keep(path, number, hashes.GetValueOrDefault(name), places, cancellation))
            {
                Write(path, number, places, cancellation);
            }

            shards.Add(PreparedFile.Of(path));
            hashes[name] = shards[^1].Sha256;
            WriteChecksums(hashes);
        }

        WriteUnreadable();
        var sums = new PixelSums(plan.Canvas);
        foreach (var workplace in workplaces)
        {
            sums.Add(workplace.Sums);
        }

        return PreparedStatistics.Write(folder, plan, source.Labels, ofClass, sums, shards);
    }

    /// <summary>Measures a shard that an earlier run finished, if it is unchanged.</summary>
    private bool Keep(string path, int number, string? hash, int[] places, CancellationToken cancellation)
    {
        if (hash is null || !File.Exists(path) || PreparedFile.Of(path).Sha256 != hash)
        {
            return false;
        }

        using var tar = new TarArchive(path);
        var pictures = tar.Items().Where(item => Listing.IsPicture(item.Name)).ToDictionary(item => item.Name, StringComparer.Ordinal);
        if (places.Any(place => !pictures.ContainsKey(PictureName(place)) && Encode(place) is not null))
        {
            // A photograph of this shard that was unreadable can now be read, so the shard is written again.
            return false;
        }

        void MeasureAll(int[] some) => InParallel.For(some.Length, threads, i =>
        {
            if (pictures.TryGetValue(PictureName(some[i]), out var item))
            {
                Measure(some[i], item.Read());
            }
        }, cancellation);
        Over(places, number, kept: true, MeasureAll, cancellation);
        return true;
    }

    private void Write(string path, int number, int[] places, CancellationToken cancellation) => WholeFile.Write(path, stream =>
    {
        using var tar = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true);
        Over(places, number, kept: false, some => Write(tar, some), cancellation);
    });

    private void Write(TarWriter tar, int[] places)
    {
        var pictures = new byte[]?[places.Length];
        InParallel.For(places.Length, threads, i =>
        {
            if (Encode(places[i]) is { } picture)
            {
                Measure(places[i], picture);
                pictures[i] = picture;
            }
        });
        foreach (var (place, picture) in places.Zip(pictures))
        {
            if (picture is not null)
            {
                Add(tar, PictureName(place), picture);
                var label = source.Photographs[place].Label.ToString(CultureInfo.InvariantCulture);
                Add(tar, $"{Key(place)}.cls", Encoding.ASCII.GetBytes(label));
            }
        }
    }

    /// <summary>Processes a shard's photographs a few at a time, so that memory does not grow with the shard.</summary>
    private void Over(int[] places, int number, bool kept, Action<int[]> work, CancellationToken cancellation)
    {
        foreach (var some in places.Chunk(PicturesPerThread * threads))
        {
            cancellation.ThrowIfCancellationRequested();
            work(some);
            try
            {
                unreadable.RequireFew();
            }
            catch (DataSetException)
            {
                WriteUnreadable();
                throw;
            }

            done += some.Length;
            progress?.Report(new PreparationReport(done, plan.Photographs, number, plan.Shards, unreadable.Count, kept));
        }
    }

    /// <summary>A photograph's canvas-sized JPEG, or null where it cannot be read.</summary>
    private byte[]? Encode(int place)
    {
        var (canvas, sums) = workplaces.TryTake(out var free) ? free : NewWorkplace();
        try
        {
            return unreadable.TryDecode(place, plan.Canvas, canvas) ? CanvasEncoder.Jpeg(canvas, plan.Canvas, plan.Quality) : null;
        }
        catch (DataSetException e)
        {
            unreadable.Add(place, $"{source.Photographs[place].Path}: {e.Message}");
            return null;
        }
        finally
        {
            workplaces.Add((canvas, sums));
        }
    }

    /// <summary>Adds a picture to the sums as training will read it: decoded again.</summary>
    /// <exception cref="DataSetException">It cannot be decoded, although it was just written or its hash was verified.</exception>
    private void Measure(int place, byte[] picture)
    {
        var (canvas, sums) = workplaces.TryTake(out var free) ? free : NewWorkplace();
        if (CanvasDecoder.DecodeTo(picture, plan.Canvas, canvas) is { } fault)
        {
            throw new DataSetException($"A written picture cannot be decoded: {fault.Reason} Check this machine's memory and disk.");
        }

        sums.Add(canvas);
        workplaces.Add((canvas, sums));
        Interlocked.Increment(ref ofClass[source.Photographs[place].Label]);
    }

    private (byte[] Canvas, PixelSums Sums) NewWorkplace() => (new byte[3 * plan.Canvas * plan.Canvas], new PixelSums(plan.Canvas));

    private void WriteUnreadable()
    {
        if (unreadable.Count > 0)
        {
            WholeFile.Write(Path.Combine(folder, UnreadableList), Encoding.UTF8.GetBytes(string.Join('\n', unreadable.Reasons) + "\n"));
        }
    }

    /// <summary>Hashes by file name; a shard that is missing here was not finished.</summary>
    private Dictionary<string, string> ReadChecksums()
    {
        var hashes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var parts in (Listing.Lines(Path.Combine(folder, Checksums)) ?? []).Select(line => line.Split("  ")))
        {
            if (parts is [var hash, var name])
            {
                hashes[name] = hash;
            }
        }

        return hashes;
    }

    private void WriteChecksums(Dictionary<string, string> hashes)
    {
        var lines = hashes.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Value}  {entry.Key}\n");
        WholeFile.Write(Path.Combine(folder, Checksums), Encoding.UTF8.GetBytes(string.Concat(lines)));
    }

    private static string Key(int place) => place.ToString("D8", CultureInfo.InvariantCulture);

    private static string PictureName(int place) => $"{Key(place)}.jpg";

    private static void Add(TarWriter tar, string name, byte[] bytes) => tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
    {
        // No time and no owner, so that the same content gives the same bytes.
        ModificationTime = DateTimeOffset.UnixEpoch,
        Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
        DataStream = new MemoryStream(bytes),
    });
}

/// <summary>Progress of a preparation.</summary>
/// <param name="Done">Photographs that are done.</param>
/// <param name="Photographs">Photographs in all.</param>
/// <param name="Shard">The current shard, from 1.</param>
/// <param name="Shards">Shards in all.</param>
/// <param name="Unreadable">Photographs that could not be read.</param>
/// <param name="Kept">Whether an earlier run finished the shard, so that it is only verified.</param>
public sealed record PreparationReport(int Done, int Photographs, int Shard, int Shards, int Unreadable, bool Kept);
