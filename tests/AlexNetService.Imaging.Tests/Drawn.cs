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

    /// <summary>Waves with a little noise in a file: as many bytes a pixel as a photograph has.</summary>
    public static byte[] Waves(string suffix, int width, int height)
    {
        var (pixels, random) = (new byte[height * width * 3], new Random(2));
        for (var i = 0; i < pixels.Length; i++)
        {
            var (x, y) = (i / 3 % width, i / 3 / width);
            pixels[i] = (byte)(128 + (90 * Math.Sin((x + (i % 3 * y)) / 9.0)) + random.Next(-12, 13));
        }

        return Encode(pixels, width, height, suffix);
    }

    /// <summary>Pixels in a file.</summary>
    public static byte[] Encode(byte[] interleaved, int width, int height, string suffix)
    {
        if (suffix == ".bmp")
        {
            return Bitmap(interleaved, width, height);
        }

        using var image = Image.NewFromMemory(interleaved, width, height, 3, Enums.BandFormat.Uchar);
        using var tagged = image.Copy(interpretation: Enums.Interpretation.Srgb);
        return tagged.WriteToBuffer(suffix);
    }

    /// <summary>A bitmap of 24 bits, blue first and its lowest row first.</summary>
    private static byte[] Bitmap(byte[] interleaved, int width, int height)
    {
        var row = ((3 * width) + 3) / 4 * 4;
        var file = new byte[54 + (row * height)];
        "BM"u8.CopyTo(file);
        int[] header = [file.Length, 0, 54, 40, width, height, 1 | (24 << 16), 0, row * height];
        Buffer.BlockCopy(header, 0, file, 2, sizeof(int) * header.Length);
        for (var i = 0; i < interleaved.Length; i++)
        {
            var (pixel, band) = (i / 3, i % 3);
            file[54 + ((height - 1 - (pixel / width)) * row) + (3 * (pixel % width)) + 2 - band] = interleaved[i];
        }

        return file;
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
