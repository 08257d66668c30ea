using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using AlexNetService.Imaging;

namespace AlexNetService.Inference.Decoding;

/// <summary>
/// A photograph as a canvas of each side that its models need, in rented memory. Disposal gives the memory back; it must not be read
/// afterwards.
/// </summary>
internal sealed class PictureCanvases : IDisposable
{
    // Not the shared pool: it keeps arrays for the threads that give them back, and those are not the threads that decode.
    private static readonly ArrayPool<byte> Pool = ArrayPool<byte>.Create(maxArrayLength: Length(1024), maxArraysPerBucket: 64);

    private readonly IReadOnlyList<int> sides;
    private byte[][] pixels;

    private PictureCanvases(IReadOnlyList<int> sides)
    {
        this.sides = sides;
        pixels = [.. sides.Select(side => Pool.Rent(Length(side)))];
    }

    /// <summary>The canvas of a side: [3,side,side], 0..255, red plane first.</summary>
    /// <exception cref="InvalidOperationException">The photograph was not decoded for this side.</exception>
    public ReadOnlyMemory<byte> this[int side]
    {
        get
        {
            for (var i = 0; i < pixels.Length; i++)
            {
                if (sides[i] == side)
                {
                    return pixels[i].AsMemory(0, Length(side));
                }
            }

            throw new InvalidOperationException($"The photograph was decoded for canvases of {string.Join(", ", sides)}, not {side}.");
        }
    }

    /// <summary>Decodes a photograph once for each side.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static bool TryDecode(
        ReadOnlyMemory<byte> encoded,
        IReadOnlyList<int> sides,
        DecodeLimits limits,
        [NotNullWhen(true)] out PictureCanvases? canvases,
        [NotNullWhen(false)] out DecodeFault? fault,
        CancellationToken cancellation = default)
    {
        (canvases, fault) = (null, null);
        var picture = new PictureCanvases(sides);
        try
        {
            for (var i = 0; i < sides.Count && fault is null; i++)
            {
                var canvas = picture.pixels[i].AsSpan(0, Length(sides[i]));
                fault = CanvasDecoder.DecodeTo(encoded.Span, sides[i], canvas, limits, cancellation);
            }

            canvases = fault is null ? picture : null;
            return fault is null;
        }
        finally
        {
            if (canvases is null)
            {
                picture.Dispose();
            }
        }
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => Array.ForEach(Interlocked.Exchange(ref pixels, []), canvas => Pool.Return(canvas));

    private static int Length(int side) => 3 * side * side;
}
