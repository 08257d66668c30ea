using System.Collections.Concurrent;
using System.Formats.Tar;
using System.Globalization;
using System.Text;
using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Files;
using AlexNetService.Training.Data.Containers;

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
    private readonly ConcurrentBag<Workplace> workplaces = [];
    private readonly int[] ofClass;
    private int done;

    /// <summary>Creates a preparation; <see cref="Run"/> runs it.</summary>
    /// <param name="source">The data set.</param>
    /// <param name="plan">The output.</param>
    /// <param name="folder">The output folder: a new or empty one, or one where the same plan was interrupted.</param>
    /// <param name="threads">Number of photographs that are processed at once.</param>
    /// <param name="progress">Receives the progress, on the thread that runs the preparation.</param>
    public Preparation(
        LabelledPhotographs source, PreparationPlan plan, string folder, int threads, IProgress<PreparationReport>? progress = null)
    {
        (this.source, this.plan, this.folder, this.threads, this.progress) = (source, plan, folder, threads, progress);
        unreadable = new UnreadablePhotographs(source.Name, source.Photographs);
        ofClass = new int[source.Labels.Count];
    }

    /// <summary>Path and reason of each photograph that could not be read.</summary>
    public IReadOnlyList<string> Unreadable => unreadable.Reasons;

    /// <summary>Writes everything that is missing.</summary>
    /// <param name="cancellation">Stops; finished shards stay.</param>
    /// <returns>The statistics of the folder.</returns>
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
        return PreparedStatistics.Write(folder, plan, source.Labels, ofClass, Sums(), shards);
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

        Over(
            places,
            number,
            kept: true,
            some => InParallel.For(some.Length, threads, i =>
            {
                if (pictures.TryGetValue(PictureName(some[i]), out var item))
                {
                    Measure(some[i], tar.Read(item));
                }
            }),
            cancellation);
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
            RequireFewUnreadable();
            done += some.Length;
            progress?.Report(new PreparationReport(done, plan.Photographs, number, plan.Shards, unreadable.Count, kept));
        }
    }

    /// <summary>A photograph's canvas-sized JPEG, or null where it cannot be read.</summary>
    private byte[]? Encode(int place)
    {
        var path = source.Photographs[place].Path;
        try
        {
            var photograph = source.Read(path);
            var workplace = Take();
            var fault = workplace.Encode(photograph, plan.Quality, out var picture);
            workplaces.Add(workplace);
            if (fault is null)
            {
                return picture;
            }

            unreadable.Add(place, $"{path}: {fault.Reason}");
        }
        catch (DataSetException e)
        {
            unreadable.Add(place, $"{path}: {e.Message}");
        }

        return null;
    }

    private void Measure(int place, byte[] picture)
    {
        var workplace = Take();
        workplace.Measure(picture);
        workplaces.Add(workplace);
        Interlocked.Increment(ref ofClass[source.Photographs[place].Label]);
    }

    private Workplace Take() => workplaces.TryTake(out var free) ? free : new Workplace(plan.Canvas);

    private PixelSums Sums()
    {
        var sums = new PixelSums(plan.Canvas);
        foreach (var workplace in workplaces)
        {
            sums.Add(workplace.Sums);
        }

        return sums;
    }

    /// <summary>Writes the list of unreadable photographs if they are too many.</summary>
    private void RequireFewUnreadable()
    {
        try
        {
            unreadable.RequireFew();
        }
        catch (DataSetException)
        {
            WriteUnreadable();
            throw;
        }
    }

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
        var path = Path.Combine(folder, Checksums);
        return File.Exists(path)
            ? File.ReadLines(path).Select(line => line.Split("  ")).Where(parts => parts.Length == 2)
                .ToDictionary(parts => parts[1], parts => parts[0], StringComparer.Ordinal)
            : [];
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

    /// <summary>One thread's canvas to decode into, and its share of the sums.</summary>
    private sealed class Workplace(int side)
    {
        private readonly byte[] canvas = new byte[3 * side * side];

        /// <summary>Sums over the pictures that this thread measured.</summary>
        public PixelSums Sums { get; } = new(side);

        /// <summary>Makes a canvas-sized JPEG of a photograph.</summary>
        /// <param name="photograph">The photograph's bytes.</param>
        /// <param name="quality">JPEG quality.</param>
        /// <param name="picture">The JPEG, where there is no fault.</param>
        public DecodeFault? Encode(ReadOnlySpan<byte> photograph, int quality, out byte[] picture)
        {
            var fault = CanvasDecoder.DecodeTo(photograph, side, canvas);
            picture = fault is null ? CanvasEncoder.Jpeg(canvas, side, quality) : [];
            return fault;
        }

        /// <summary>Adds a picture to the sums as training will read it: decoded again.</summary>
        /// <exception cref="DataSetException">It cannot be decoded, although it was just written or its hash was verified.</exception>
        public void Measure(ReadOnlySpan<byte> picture)
        {
            if (CanvasDecoder.DecodeTo(picture, side, canvas) is { } fault)
            {
                throw new DataSetException($"A written picture cannot be decoded: {fault.Reason} Check this machine's memory and disk.");
            }

            Sums.Add(canvas);
        }
    }
}

/// <summary>Progress of a preparation.</summary>
/// <param name="Done">Photographs that are done.</param>
/// <param name="Photographs">Photographs in all.</param>
/// <param name="Shard">The current shard, from 1.</param>
/// <param name="Shards">Shards in all.</param>
/// <param name="Unreadable">Photographs that could not be read.</param>
/// <param name="Kept">Whether an earlier run finished the shard, so that it is only verified.</param>
public sealed record PreparationReport(int Done, int Photographs, int Shard, int Shards, int Unreadable, bool Kept);
