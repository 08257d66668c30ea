using System.Collections.Concurrent;
using AlexNetService.Imaging;

namespace AlexNetService.Training.Data;

/// <summary>
/// The canvases of some photographs, by place. Small sets are decoded once and kept in memory as raw pixels; larger ones are decoded
/// each time. Reading is safe from many threads.
/// </summary>
public sealed class Canvases
{
    private const double MostUnreadable = 0.01;

    private readonly LabelledPhotographs source;
    private readonly byte[]? kept;

    private Canvases(
        LabelledPhotographs source, IReadOnlyList<Photograph> photographs, int side, byte[]? kept, IReadOnlyList<string> unreadable)
    {
        this.source = source;
        this.kept = kept;
        Photographs = photographs;
        Side = side;
        Unreadable = unreadable;
    }

    /// <summary>Pixels in bytes up to which canvases are kept in memory: 1 GiB.</summary>
    public const long KeepUpTo = 1L << 30;

    /// <summary>The photographs, without the unreadable ones where those were found in advance.</summary>
    public IReadOnlyList<Photograph> Photographs { get; }

    /// <summary>Side of a canvas, in pixels.</summary>
    public int Side { get; }

    /// <summary>Paths that could not be decoded and were left out.</summary>
    public IReadOnlyList<string> Unreadable { get; }

    /// <summary>Bytes of one canvas.</summary>
    public int Bytes => 3 * Side * Side;

    /// <summary>Prepares the canvases of some photographs of a data set.</summary>
    /// <param name="source">The data set; must outlive this.</param>
    /// <param name="photographs">Which of its photographs.</param>
    /// <param name="side">Side of a canvas, in pixels.</param>
    /// <param name="cancellation">Stops the decoding.</param>
    /// <exception cref="DataSetException">More than one in a hundred photographs cannot be decoded.</exception>
    public static Canvases Load(
        LabelledPhotographs source, IReadOnlyList<Photograph> photographs, int side, CancellationToken cancellation = default)
    {
        var bytes = 3 * side * side;
        if ((long)bytes * photographs.Count > KeepUpTo)
        {
            return new Canvases(source, photographs, side, kept: null, []);
        }

        var pixels = new byte[bytes * photographs.Count];
        var unreadable = new ConcurrentDictionary<int, string>();
        var options = new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount };
        Parallel.For(0, photographs.Count, options, place =>
        {
            try
            {
                var into = pixels.AsSpan(place * bytes, bytes);
                if (CanvasDecoder.DecodeTo(source.Read(photographs[place].Path), side, into) is { } fault)
                {
                    unreadable[place] = $"{photographs[place].Path}: {fault.Reason}";
                }
            }
            catch (DataSetException e)
            {
                unreadable[place] = e.Message;
            }
        });

        if (unreadable.Count > MostUnreadable * photographs.Count)
        {
            throw new DataSetException(
                $"{unreadable.Count} of {photographs.Count} photographs of '{source.Name}' cannot be decoded, more than 1 %. "
                + $"The first: {unreadable.MinBy(entry => entry.Key).Value}");
        }

        string[] reasons = [.. unreadable.OrderBy(entry => entry.Key).Select(entry => entry.Value)];
        return new Canvases(source, WithoutHoles(photographs, pixels, bytes, unreadable), side, pixels, reasons);
    }

    /// <summary>Hands out a canvas's pixels.</summary>
    /// <param name="place">Place among <see cref="Photographs"/>.</param>
    /// <returns>[3,side,side], 0..255.</returns>
    /// <exception cref="DataSetException">The photograph cannot be decoded.</exception>
    public ReadOnlyMemory<byte> this[int place]
    {
        get
        {
            if (kept is not null)
            {
                return kept.AsMemory(place * Bytes, Bytes);
            }

            var path = Photographs[place].Path;
            var (canvas, fault) = CanvasDecoder.Decode(source.Read(path), Side);
            return canvas?.Pixels ?? throw new DataSetException($"Photograph '{path}' cannot be decoded: {fault?.Reason} Remove it from the data set.");
        }
    }

    /// <summary>Closes the gaps that unreadable photographs left, in the list and in the pixels.</summary>
    private static IReadOnlyList<Photograph> WithoutHoles(
        IReadOnlyList<Photograph> photographs, byte[] pixels, int bytes, ConcurrentDictionary<int, string> unreadable)
    {
        if (unreadable.IsEmpty)
        {
            return photographs;
        }

        var readable = new List<Photograph>(photographs.Count);
        for (var place = 0; place < photographs.Count; place++)
        {
            if (!unreadable.ContainsKey(place))
            {
                pixels.AsSpan(place * bytes, bytes).CopyTo(pixels.AsSpan(readable.Count * bytes, bytes));
                readable.Add(photographs[place]);
            }
        }

        return readable;
    }
}
