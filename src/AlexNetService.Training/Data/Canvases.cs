using AlexNetService.Training.Data.Preparation;

namespace AlexNetService.Training.Data;

/// <summary>
/// The canvases of some photographs, by place. Small sets are decoded once and kept in memory as raw pixels; canvases of larger sets are
/// decoded at each use. Many threads may read at once.
/// </summary>
public sealed class Canvases
{
    private readonly LabelledPhotographs source;
    private readonly byte[]? kept;
    private readonly UnreadablePhotographs unreadable;
    private readonly IReadOnlyList<Photograph> all;
    private readonly int first;

    // The canvas that each thread decoded last: a thread cuts the ten crops of a photograph one after the other.
    private readonly ConcurrentDictionary<int, (int Place, byte[] Pixels)> byThread = new();

    private Canvases(
        LabelledPhotographs source, IReadOnlyList<Photograph> photographs, int side, byte[]? kept, UnreadablePhotographs unreadable)
    {
        (this.source, this.kept, this.unreadable, all, Side) = (source, kept, unreadable, photographs, side);
        Photographs = photographs;
    }

    private Canvases(Canvases whole, int first, int count)
        : this(whole.source, whole.all, whole.Side, whole.kept, whole.unreadable)
    {
        this.first = whole.first + first;
        Photographs = [.. whole.Photographs.Skip(first).Take(count)];
    }

    /// <summary>Largest size of all canvases together that is kept in memory: 1 GiB.</summary>
    public const long KeepUpTo = 1L << 30;

    /// <summary>The photographs. Where canvases are kept in memory, unreadable photographs are left out.</summary>
    public IReadOnlyList<Photograph> Photographs { get; }

    /// <summary>Side of a canvas, in pixels.</summary>
    public int Side { get; }

    /// <summary>
    /// Path and reason of each photograph that could not be decoded, in order. Where canvases are decoded at each use, another photograph
    /// of the same class replaces an unreadable one, and the list may still grow.
    /// </summary>
    public IReadOnlyList<string> Unreadable => unreadable.Reasons;

    /// <summary>The statistics of <c>alexnet prepare</c> for pictures of this size, over the whole data set; otherwise null.</summary>
    public PreparedStatistics? Prepared => source.Prepared is { } prepared && prepared.Canvas == Side ? prepared : null;

    /// <summary>Bytes of one canvas.</summary>
    public int Bytes => 3 * Side * Side;

    /// <summary>Prepares the canvases of some photographs of a data set, which must outlive them. The side is in pixels.</summary>
    /// <exception cref="DataSetException">Too many photographs cannot be decoded.</exception>
    public static Canvases Load(
        LabelledPhotographs source, IReadOnlyList<Photograph> photographs, int side, CancellationToken cancellation = default) =>
        Load(source, photographs, side, KeepUpTo, cancellation);

    internal static Canvases Load(
        LabelledPhotographs source, IReadOnlyList<Photograph> photographs, int side, long keepUpTo, CancellationToken cancellation)
    {
        var bytes = 3 * side * side;
        var unreadable = new UnreadablePhotographs(source, photographs);
        if ((long)bytes * photographs.Count > keepUpTo)
        {
            return new Canvases(source, photographs, side, kept: null, unreadable);
        }

        var pixels = new byte[bytes * photographs.Count];
        InParallel.For(
            photographs.Count,
            Environment.ProcessorCount,
            place =>
            {
                try
                {
                    unreadable.TryDecode(place, side, pixels.AsSpan(place * bytes, bytes));
                }
                catch (DataSetException e)
                {
                    unreadable.Add(place, e.Message);
                }
            },
            cancellation);
        unreadable.RequireFew();
        return new Canvases(source, WithoutHoles(photographs, pixels, bytes, unreadable), side, pixels, unreadable);
    }

    /// <summary>The canvases of some of the photographs, from a place on; they share memory with these.</summary>
    public Canvases Part(int from, int count) => new(this, from, count);

    /// <summary>
    /// The pixels of a canvas, [3,side,side], 0..255, valid until this thread reads another. Where canvases are decoded at each use and the
    /// photograph cannot be decoded, the next one of its class replaces it. The choice depends on the data set alone, so that a run can be
    /// repeated.
    /// </summary>
    /// <exception cref="DataSetException">
    /// The data set can no longer be read, or too many of its photographs cannot be decoded.
    /// </exception>
    public ReadOnlyMemory<byte> this[int place]
    {
        get
        {
            place += first;
            if (kept is not null)
            {
                return kept.AsMemory(place * Bytes, Bytes);
            }

            var thread = Environment.CurrentManagedThreadId;
            var (last, pixels) = byThread.GetOrAdd(thread, _ => (-1, new byte[Bytes]));
            if (last != place)
            {
                byThread[thread] = (-1, pixels);
                Decode(place, pixels);
                byThread[thread] = (place, pixels);
            }

            return pixels;
        }
    }

    private void Decode(int place, byte[] pixels)
    {
        var label = all[place].Label;
        for (var i = 0; i < all.Count; i++)
        {
            var candidate = (place + i) % all.Count;
            if (all[candidate].Label != label || unreadable.Contains(candidate))
            {
                continue;
            }

            if (unreadable.TryDecode(candidate, Side, pixels))
            {
                return;
            }

            unreadable.RequireFew();
        }

        throw new DataSetException(
            $"No photograph of the class of '{all[place].Path}' of '{source.Name}' can be decoded. The first: {Unreadable[0]}");
    }

    /// <summary>Removes unreadable photographs from the list, and the gaps that they left in the pixels.</summary>
    private static IReadOnlyList<Photograph> WithoutHoles(
        IReadOnlyList<Photograph> photographs, byte[] pixels, int bytes, UnreadablePhotographs unreadable)
    {
        if (unreadable.Count == 0)
        {
            return photographs;
        }

        var readable = new List<Photograph>(photographs.Count);
        for (var place = 0; place < photographs.Count; place++)
        {
            if (!unreadable.Contains(place))
            {
                pixels.AsSpan(place * bytes, bytes).CopyTo(pixels.AsSpan(readable.Count * bytes, bytes));
                readable.Add(photographs[place]);
            }
        }

        return readable;
    }
}
