using System.Buffers;
using NetVips;

namespace AlexNetService.Imaging;

/// <summary>RGB canvas → bytes of a picture file that <see cref="CanvasDecoder"/> reads. Many threads may encode at once.</summary>
public static class CanvasEncoder
{
    private const int FastDeflate = 1;

    /// <summary>Encodes a baseline JPEG with full-size colours and no metadata.</summary>
    /// <param name="canvas">[3,side,side], 0..255.</param>
    /// <param name="side">Side of the canvas, in pixels.</param>
    /// <param name="quality">libjpeg's quality, 1 to 100.</param>
    /// <returns>The file's bytes; the same pixels give the same bytes.</returns>
    /// <exception cref="ArgumentException">The canvas does not have the size of its side.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The side or the quality is out of range.</exception>
    public static byte[] Jpeg(ReadOnlySpan<byte> canvas, int side, int quality)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(quality);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        return Encode(canvas, side, picture => picture.JpegsaveBuffer(q: quality, subsampleMode: Enums.ForeignSubsample.Off));
    }

    /// <summary>Encodes a PNG, which keeps every pixel.</summary>
    /// <param name="canvas">[3,side,side], 0..255.</param>
    /// <param name="side">Side of the canvas, in pixels.</param>
    /// <returns>The file's bytes.</returns>
    /// <exception cref="ArgumentException">The canvas does not have the size of its side.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The side is out of range.</exception>
    public static byte[] Png(ReadOnlySpan<byte> canvas, int side) =>
        Encode(canvas, side, picture => picture.PngsaveBuffer(compression: FastDeflate));

    /// <summary>Encodes a PNG of a picture that need not be square.</summary>
    /// <param name="planes">[3,height,width], 0..255.</param>
    /// <param name="width">Width, in pixels.</param>
    /// <param name="height">Height, in pixels.</param>
    /// <returns>The file's bytes.</returns>
    /// <exception cref="ArgumentException">The number of values does not match width and height.</exception>
    public static byte[] Png(ReadOnlySpan<byte> planes, int width, int height)
    {
        if (width < 1 || height < 1 || planes.Length != 3L * width * height)
        {
            throw new ArgumentException($"{planes.Length} bytes are not an RGB picture of {width} × {height}.", nameof(planes));
        }

        return Encode(planes, width, height, picture => picture.PngsaveBuffer(compression: FastDeflate));
    }

    private static byte[] Encode(ReadOnlySpan<byte> canvas, int side, Func<Image, byte[]> encode)
    {
        CanvasDecoder.RequireCanvas(canvas, side);
        return Encode(canvas, side, side, encode);
    }

    private static byte[] Encode(ReadOnlySpan<byte> canvas, int width, int height, Func<Image, byte[]> encode)
    {
        var rented = ArrayPool<byte>.Shared.Rent(canvas.Length);
        try
        {
            var interleaved = rented.AsSpan(0, canvas.Length);
            var plane = width * height;
            Planes.Join(canvas[..plane], canvas.Slice(plane, plane), canvas[(2 * plane)..], interleaved);
            using var picture = Libvips.FromPixels(interleaved, width, height);
            return encode(picture);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
