using System.Buffers;
using NetVips;

namespace AlexNetService.Imaging;

/// <summary>RGB canvas → bytes of a picture file that <see cref="CanvasDecoder"/> reads. Many threads may encode at once.</summary>
public static class CanvasEncoder
{
    private const int FastDeflate = 1;

    /// <summary>A baseline JPEG with colours at full size and nothing in it but the pixels.</summary>
    /// <param name="canvas">[3,side,side], 0..255.</param>
    /// <param name="side">Side of the canvas, in pixels.</param>
    /// <param name="quality">libjpeg's quality, 1 to 100.</param>
    /// <returns>The file's bytes; the same pixels give the same bytes.</returns>
    /// <exception cref="ArgumentException">The canvas is not of that size.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The side or the quality makes no sense.</exception>
    public static byte[] Jpeg(ReadOnlySpan<byte> canvas, int side, int quality)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(quality);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        return Encode(canvas, side, picture => picture.JpegsaveBuffer(q: quality, subsampleMode: Enums.ForeignSubsample.Off));
    }

    /// <summary>A PNG, which keeps every pixel as it is.</summary>
    /// <param name="canvas">[3,side,side], 0..255.</param>
    /// <param name="side">Side of the canvas, in pixels.</param>
    /// <returns>The file's bytes.</returns>
    /// <exception cref="ArgumentException">The canvas is not of that size.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The side makes no sense.</exception>
    public static byte[] Png(ReadOnlySpan<byte> canvas, int side) =>
        Encode(canvas, side, picture => picture.PngsaveBuffer(compression: FastDeflate));

    private static byte[] Encode(ReadOnlySpan<byte> canvas, int side, Func<Image, byte[]> encode)
    {
        CanvasDecoder.RequireCanvas(canvas, side);
        var rented = ArrayPool<byte>.Shared.Rent(canvas.Length);
        try
        {
            var interleaved = rented.AsSpan(0, canvas.Length);
            var plane = side * side;
            Planes.Join(canvas[..plane], canvas.Slice(plane, plane), canvas[(2 * plane)..], interleaved);
            using var picture = Libvips.FromPixels(interleaved, side);
            return encode(picture);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
