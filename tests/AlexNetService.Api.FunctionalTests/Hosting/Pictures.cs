using System.Buffers.Binary;
using NetVips;

namespace AlexNetService.Api.FunctionalTests.Hosting;

/// <summary>Pictures as files, and invalid files.</summary>
internal static class Pictures
{
    public static byte[] Jpeg(int seed = 1) => Encode(seed, ".jpg");

    /// <param name="seed">Selects the picture.</param>
    /// <param name="suffix">File suffix of the format.</param>
    public static byte[] Encode(int seed, string suffix)
    {
        const int Width = 64;
        const int Height = 48;
        var random = new Random(seed);
        var (across, down) = (random.Next(1, 9), random.Next(1, 9));
        var pixels = new byte[Width * Height * 3];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (x, y, band) = (i / 3 % Width, i / 3 / Width, i % 3);
            pixels[i] = (byte)((x * across * (band + 1)) + (y * down * (3 - band)) + random.Next(40));
        }

        using var image = Image.NewFromMemory(pixels, Width, Height, 3, Enums.BandFormat.Uchar);
        return image.WriteToBuffer(suffix);
    }

    public static byte[] TruncatedJpeg()
    {
        var whole = Jpeg();
        return whole[..(whole.Length / 2)];
    }

    /// <summary>A PNG whose header claims 50,000 × 50,000 pixels, without any data.</summary>
    public static byte[] EnormousPng()
    {
        // IHDR: width, height, 8 bits, RGB, deflate, filters 0, not interlaced.
        byte[] header = [.. "IHDR"u8, .. BigEndian(50_000), .. BigEndian(50_000), 8, 2, 0, 0, 0];
        byte[] end = [.. "IEND"u8];
        return
        [
            0x89, .. "PNG\r\n"u8, 0x1A, (byte)'\n',
            .. BigEndian(13), .. header, .. BigEndian(Crc32(header)),
            .. BigEndian(0), .. end, .. BigEndian(Crc32(end)),
        ];
    }

    private static byte[] BigEndian(uint value)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    // PNG specification, annex D.
    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }

        return ~crc;
    }
}
