using System.Buffers;
using AlexNetService.Imaging;

namespace AlexNetService.Inference.Decoding;

/// <summary>
/// A photograph as every canvas that its models want: one for each distinct canvas side. What <see cref="Decode"/> gave lies in rented
/// memory, which disposal gives back; nobody may read it after that.
/// </summary>
public sealed class PictureCanvases : IDisposable
{
    // Not the shared pool: that one keeps an array for each thread that gives one back, where the threads that decode never look.
    private static readonly ArrayPool<byte> Pool = ArrayPool<byte>.Create(maxArrayLength: Length(1024), maxArraysPerBucket: 64);

    private readonly int[] sides;
    private readonly byte[][] pixels;
    private bool rented;

    /// <summary>Takes canvases that were decoded elsewhere.</summary>
    /// <param name="canvases">The canvases, each of another side.</param>
    public PictureCanvases(IReadOnlyList<Canvas> canvases)
        : this([.. canvases.Select(canvas => canvas.Side)], [.. canvases.Select(canvas => canvas.Pixels)], rented: false)
    {
    }

    private PictureCanvases(int[] sides, byte[][] pixels, bool rented) => (this.sides, this.pixels, this.rented) = (sides, pixels, rented);

    /// <summary>The canvas of a side: [3,side,side], 0..255, red plane first.</summary>
    /// <param name="side">Side, in pixels.</param>
    /// <exception cref="InvalidOperationException">The photograph was not decoded for this side.</exception>
    public ReadOnlyMemory<byte> this[int side] => Array.IndexOf(sides, side) is >= 0 and var index
        ? pixels[index].AsMemory(0, Length(side))
        : throw new InvalidOperationException($"The photograph was decoded for canvases of {string.Join(", ", sides)}, not {side}.");

    /// <summary>Decodes a photograph once for each side.</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="sides">Distinct canvas sides, in pixels.</param>
    /// <param name="maxPixels">Limit on width × height as the header names them.</param>
    public static PictureResult Decode(
        ReadOnlyMemory<byte> encoded, IReadOnlyList<int> sides, long maxPixels = CanvasDecoder.DefaultMaxPixels)
    {
        var pixels = new byte[sides.Count][];
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = Pool.Rent(Length(sides[i]));
        }

        var picture = new PictureCanvases([.. sides], pixels, rented: true);
        try
        {
            for (var i = 0; i < pixels.Length; i++)
            {
                if (CanvasDecoder.DecodeTo(encoded.Span, sides[i], pixels[i].AsSpan(0, Length(sides[i])), maxPixels) is { } fault)
                {
                    picture.Dispose();
                    return new PictureResult(null, fault);
                }
            }
        }
        catch
        {
            picture.Dispose();
            throw;
        }

        return new PictureResult(picture, null);
    }

    /// <summary>Gives the memory back, where it was rented.</summary>
    public void Dispose()
    {
        if (rented)
        {
            rented = false;
            Array.ForEach(pixels, canvas => Pool.Return(canvas));
        }
    }

    private static int Length(int side) => 3 * side * side;
}

/// <summary>What became of the bytes of a photograph: exactly one of the two is there.</summary>
/// <param name="Picture">The canvases, where the bytes were a photograph; to be disposed.</param>
/// <param name="Fault">Why there are none, where they were not.</param>
public readonly record struct PictureResult(PictureCanvases? Picture, DecodeFault? Fault);
