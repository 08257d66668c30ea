using System.Collections.Concurrent;
using AlexNetService.Imaging;
using AlexNetService.Training.Data.Preparation;

namespace AlexNetService.Training.Data;

/// <summary>
/// The canvases of some photographs, by place. Small sets are decoded once and kept in memory as raw pixels; larger ones are decoded
/// each time. Reading is safe from many threads.
/// </summary>
public sealed class Canvases
{
    private readonly LabelledPhotographs source;
    private readonly byte[]? kept;
    private readonly UnreadablePhotographs unreadable;
    private readonly ConcurrentDictionary<int, LastDecoded> byThread = new();

    private Canvases(
        LabelledPhotographs source, IReadOnlyList<Photograph> photographs, int side, byte[]? kept, UnreadablePhotographs unreadable)
    {
        this.source = source;
        this.kept = kept;
        this.unreadable = unreadable;
        Photographs = photographs;
        Side = side;
    }

    /// <summary>Pixels in bytes up to which canvases are kept in memory: 1 GiB.</summary>
    public const long KeepUpTo = 1L << 30;

    /// <summary>The photographs, without the unreadable ones where those were found in advance.</summary>
    public IReadOnlyList<Photograph> Photographs { get; }

    /// <summary>Side of a canvas, in pixels.</summary>
    public int Side { get; }

    /// <summary>
    /// Paths that could not be decoded, each with the reason, in order. Where canvases are kept they were left out; where they are
    /// decoded each time another photograph of their class stands in for them, and there may be more of them later.
    /// </summary>
    public IReadOnlyList<string> Unreadable => unreadable.Reasons;

    /// <summary>What <c>alexnet prepare</c> measured on pictures of this very size, of the whole data set; otherwise null.</summary>
    public PreparedStatistics? Prepared => source.Prepared is { } prepared && prepared.Canvas == Side ? prepared : null;

    /// <summary>Bytes of one canvas.</summary>
    public int Bytes => 3 * Side * Side;

    /// <summary>Prepares the canvases of some photographs of a data set.</summary>
    /// <param name="source">The data set; must outlive this.</param>
    /// <param name="photographs">Which of its photographs.</param>
    /// <param name="side">Side of a canvas, in pixels.</param>
    /// <param name="cancellation">Stops the decoding.</param>
    /// <exception cref="DataSetException">More than one in a hundred photographs cannot be decoded.</exception>
    public static Canvases Load(
        LabelledPhotographs source, IReadOnlyList<Photograph> photographs, int side, CancellationToken cancellation = default) =>
        Load(source, photographs, side, KeepUpTo, cancellation);

    /// <summary>The same with another limit on the pixels that are kept.</summary>
    internal static Canvases Load(
        LabelledPhotographs source, IReadOnlyList<Photograph> photographs, int side, long keepUpTo, CancellationToken cancellation)
    {
        var bytes = 3 * side * side;
        var unreadable = new UnreadablePhotographs(source.Name, photographs.Count);
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
                var path = photographs[place].Path;
                try
                {
                    if (CanvasDecoder.DecodeTo(source.Read(path), side, pixels.AsSpan(place * bytes, bytes)) is { } fault)
                    {
                        unreadable.Add(place, $"{path}: {fault.Reason}");
                    }
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

    /// <summary>
    /// Hands out a canvas's pixels. Where canvases are decoded each time and the photograph turns out to be no picture, the next one of
    /// its class stands in: which one follows from the data set alone, so that a run is the same again.
    /// </summary>
    /// <param name="place">Place among <see cref="Photographs"/>.</param>
    /// <returns>[3,side,side], 0..255; valid until this thread asks for another.</returns>
    /// <exception cref="DataSetException">
    /// The data set cannot be read any more, or more than one in a hundred of its photographs cannot be decoded.
    /// </exception>
    public ReadOnlyMemory<byte> this[int place]
    {
        get
        {
            if (kept is not null)
            {
                return kept.AsMemory(place * Bytes, Bytes);
            }

            // The ten crops of a photograph follow each other.
            var decoded = byThread.GetOrAdd(Environment.CurrentManagedThreadId, _ => new LastDecoded(new byte[Bytes]));
            if (decoded.Place != place)
            {
                decoded.Place = -1;
                Decode(place, decoded.Pixels);
                decoded.Place = place;
            }

            return decoded.Pixels;
        }
    }

    private void Decode(int place, byte[] pixels)
    {
        var label = Photographs[place].Label;
        for (var i = 0; i < Photographs.Count; i++)
        {
            var candidate = (place + i) % Photographs.Count;
            if (Photographs[candidate].Label != label || unreadable.Contains(candidate))
            {
                continue;
            }

            var path = Photographs[candidate].Path;
            if (CanvasDecoder.DecodeTo(source.Read(path), Side, pixels) is not { } fault)
            {
                return;
            }

            unreadable.Add(candidate, $"{path}: {fault.Reason}");
            unreadable.RequireFew();
        }

        throw new DataSetException($"No photograph of class '{source.Labels[label].Id}' of '{source.Name}' can be decoded: {Unreadable[0]}");
    }

    /// <summary>Closes the gaps that unreadable photographs left, in the list and in the pixels.</summary>
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

    /// <summary>The canvas that a thread decoded last.</summary>
    private sealed class LastDecoded(byte[] pixels)
    {
        public byte[] Pixels { get; } = pixels;

        public int Place { get; set; } = -1;
    }
}
