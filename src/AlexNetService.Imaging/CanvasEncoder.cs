using System.Buffers;
using NetVips;

namespace AlexNetService.Imaging;

/// <summary>RGB canvas → bytes of a picture file that <see cref="CanvasDecoder"/> reads. Many threads may encode at once.</summary>
public static class CanvasEncoder
{
    private const int FastDeflate = 1;

    /// <summary>
    /// Encodes a baseline JPEG with full-size colours and no metadata, of quality 1 to 100. The canvas is [3,side,side], 0..255. The same
    /// pixels give the same bytes.
    /// </summary>
    /// <exception cref="ArgumentException">The canvas does not have the size of its side.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The side or the quality is out of range.</exception>
    public static byte[] Jpeg(ReadOnlySpan<byte> canvas, int side, int quality)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(quality);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        CanvasDecoder.RequireCanvas(canvas, side);
        return Encode(canvas, side, side, picture => picture.JpegsaveBuffer(q: quality, subsampleMode: Enums.ForeignSubsample.Off));
    }

    /// <summary>Encodes a canvas, [3,side,side], 0..255, as a PNG, which keeps every pixel.</summary>
    /// <exception cref="ArgumentException">The canvas does not have the size of its side.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The side is out of range.</exception>
    public static byte[] Png(ReadOnlySpan<byte> canvas, int side)
    {
        CanvasDecoder.RequireCanvas(canvas, side);
        return Png(canvas, side, side);
    }

    /// <summary>Encodes a picture that need not be square, [3,height,width], 0..255, as a PNG.</summary>
    /// <exception cref="ArgumentException">The number of values does not match width and height.</exception>
    public static byte[] Png(ReadOnlySpan<byte> planes, int width, int height) =>
        width < 1 || height < 1 || planes.Length != 3L * width * height
        ? throw new ArgumentException($"{planes.Length} bytes are not an RGB picture of {width} × {height}.", nameof(planes))
        : Encode(planes, width, height, picture => picture.PngsaveBuffer(compression: FastDeflate));

    private static byte[] Encode(ReadOnlySpan<byte> planes, int width, int height, Func<Image, byte[]> encode)
    {
        var rented = ArrayPool<byte>.Shared.Rent(planes.Length);
        try
        {
            var interleaved = rented.AsSpan(0, planes.Length);
            var plane = width * height;
            Planes.Join(planes[..plane], planes.Slice(plane, plane), planes[(2 * plane)..], interleaved);
            using var picture = Libvips.FromPixels(interleaved, width, height);
            return encode(picture);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
