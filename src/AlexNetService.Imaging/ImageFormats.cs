namespace AlexNetService.Imaging;

/// <summary>The picture formats that are taken, recognised by their first bytes and never by a file's name.</summary>
public static class ImageFormats
{
    /// <summary>All of them. A format outside this list is blocked in libvips itself.</summary>
    public static IReadOnlyList<ImageFormat> All { get; } =
    [
        new("JPEG", "image/jpeg", "VipsForeignLoadJpeg", [[0xFF, 0xD8, 0xFF]]) { ShrinksOnLoad = true },
        new("PNG", "image/png", "VipsForeignLoadPng", [[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]]),
        new("WebP", "image/webp", "VipsForeignLoadWebp", ["RIFF????WEBP"u8.ToArray()]),
        new("GIF", "image/gif", "VipsForeignLoadNsgif", ["GIF87a"u8.ToArray(), "GIF89a"u8.ToArray()]),

        // Little and big endian, classic and BigTIFF.
        new(
            "TIFF",
            "image/tiff",
            "VipsForeignLoadTiff",
            ["II*\0"u8.ToArray(), "MM\0*"u8.ToArray(), "II+\0"u8.ToArray(), "MM\0+"u8.ToArray()]),
    ];

    /// <summary>The media types that are taken, for an API's check and for help texts.</summary>
    public static IReadOnlyList<string> ContentTypes { get; } = [.. All.Select(format => format.ContentType)];

    /// <summary>The format that bytes begin as, or null where it is none of those taken.</summary>
    /// <param name="encoded">The file's bytes; the first 12 are enough.</param>
    public static ImageFormat? Recognise(ReadOnlySpan<byte> encoded)
    {
        foreach (var format in All)
        {
            if (format.Begins(encoded))
            {
                return format;
            }
        }

        return null;
    }
}
