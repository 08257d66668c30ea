using System.Collections.Concurrent;
using System.Formats.Tar;
using System.Globalization;
using System.Text;
using AlexNetService.ModelSpec.Files;
using AlexNetService.Training.Data.Containers;

namespace AlexNetService.Training.Data.Preparation;

/// <summary>
/// Data set → shards of canvas-sized JPEGs and their statistics. A shard is there whole or not at all, with its hash in
/// <c>SHA256SUMS</c>; a run after one that was broken off keeps the shards whose bytes have their hash, and writes the rest.
/// </summary>
public sealed class Preparation
{
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

    /// <summary>A preparation of a data set.</summary>
    /// <param name="source">The data set.</param>
    /// <param name="plan">What to write of it.</param>
    /// <param name="folder">Where to: a new or empty folder, or one where the same plan was broken off.</param>
    /// <param name="threads">How many photographs are worked on at once.</param>
    /// <param name="progress">Told how far it is, on the thread that runs it.</param>
    public Preparation(
        LabelledPhotographs source, PreparationPlan plan, string folder, int threads, IProgress<PreparationReport>? progress = null)
    {
        (this.source, this.plan, this.folder, this.threads, this.progress) = (source, plan, folder, threads, progress);
        unreadable = new UnreadablePhotographs(source.Name, source.Photographs.Count);
        ofClass = new int[source.Labels.Count];
    }

    /// <summary>Paths that could not be read, each with the reason.</summary>
    public IReadOnlyList<string> Unreadable => unreadable.Reasons;

    /// <summary>Writes everything that is not there yet.</summary>
    /// <param name="cancellation">Stops; finished shards stay.</param>
    /// <returns>What the folder holds.</returns>
    /// <exception cref="DataSetException">The folder holds something else, or more than 1 % of the photographs cannot be read.</exception>
    /// <exception cref="IOException">The disk is full or the folder cannot be written; finished shards stay.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public PreparedStatistics Run(CancellationToken cancellation = default)
    {
        plan.Claim(folder);
        var order = plan.Order();
        var hashes = ShardChecksums.Read(folder);
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
            ShardChecksums.Write(folder, hashes);
        }

        WriteUnreadable();
        return PreparedStatistics.Write(folder, plan, source.Labels, ofClass, Sums(), shards);
    }

    /// <summary>Measures a shard that an earlier run finished, if there is one and it is as it was written.</summary>
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
            // What could not be read then can be now, and belongs into the shard.
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
                Add(tar, $"{Key(place)}.cls", Encoding.ASCII.GetBytes(source.Photographs[place].Label.ToString(CultureInfo.InvariantCulture)));
            }
        }
    }

    /// <summary>Goes through a shard's places, some at a time, so that what is held does not grow with the shard.</summary>
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

    /// <summary>Where too many are unreadable, the list is there to look at.</summary>
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

    private static string Key(int place) => place.ToString("D8", CultureInfo.InvariantCulture);

    private static string PictureName(int place) => $"{Key(place)}.jpg";

    private static void Add(TarWriter tar, string name, byte[] bytes) => tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
    {
        // Nothing but the content tells two shards apart: no time, no owner.
        ModificationTime = DateTimeOffset.UnixEpoch,
        Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
        DataStream = new MemoryStream(bytes),
    });
}
