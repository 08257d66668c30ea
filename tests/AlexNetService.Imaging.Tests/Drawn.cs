using NetVips;

namespace AlexNetService.Imaging.Tests;

/// <summary>Pictures drawn and encoded while a test runs.</summary>
internal static class Drawn
{
    /// <summary>[height,width,3] of noise.</summary>
    public static byte[] Noise(int width, int height)
    {
        var pixels = new byte[height * width * 3];
        new Random(1).NextBytes(pixels);
        return pixels;
    }

    /// <summary>Noise in a file.</summary>
    public static byte[] File(string suffix, int width, int height) => Encode(Noise(width, height), width, height, suffix);

    /// <summary>Pixels in a file.</summary>
    public static byte[] Encode(byte[] interleaved, int width, int height, string suffix)
    {
        using var image = Image.NewFromMemory(interleaved, width, height, 3, Enums.BandFormat.Uchar);
        using var tagged = image.Copy(interpretation: Enums.Interpretation.Srgb);
        return tagged.WriteToBuffer(suffix);
    }

    /// <summary>Decodes into a new canvas.</summary>
    public static (Canvas? Canvas, DecodeFault? Fault) Decode(
        ReadOnlyMemory<byte> file, int side, DecodeLimits? limits = null)
    {
        var canvas = new Canvas(side, new byte[3 * side * side]);
        var fault = CanvasDecoder.DecodeTo(file.Span, side, canvas.Pixels, limits);
        return fault is null ? (canvas, null) : (null, fault);
    }

    /// <summary>[3,pixels] → [pixels,3], the slow way.</summary>
    public static byte[] Interleave(ReadOnlySpan<byte> planes)
    {
        var pixels = planes.Length / 3;
        var interleaved = new byte[planes.Length];
        for (var index = 0; index < planes.Length; index++)
        {
            interleaved[(3 * (index % pixels)) + (index / pixels)] = planes[index];
        }

        return interleaved;
    }
}
