using System.Text;
using NetVips;

namespace AlexNetService.Imaging;

/// <summary>The supported picture formats, recognised by their first bytes and never by a file's name.</summary>
public static class ImageFormats
{
    /// <summary>All supported formats. libvips itself blocks every other format.</summary>
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

    // Phones and browsers often save these, also under the names of JPEGs. '?' stands for any byte.
    private static readonly (string Name, byte[] Signature)[] Known =
    [
        .. new[] { "heic", "heix", "hevc", "heim", "heis" }.Select(brand => ("HEIC", Boxed(brand))),
        ("HEIF", Boxed("mif1")),
        ("AVIF", Boxed("avif")),
        ("AVIF", Boxed("avis")),
        ("JPEG XL", [0xFF, 0x0A]),
        ("JPEG XL", [0, 0, 0, 0x0C, (byte)'J', (byte)'X', (byte)'L', (byte)' ']),
        ("BMP", "BM????\0\0\0\0"u8.ToArray()),
    ];

    /// <summary>The supported media types, for an API's check and for help texts.</summary>
    public static IReadOnlyList<string> ContentTypes { get; } = [.. All.Select(format => format.ContentType)];

    /// <summary>The format of some bytes, or null if it is not supported.</summary>
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

    /// <summary>The name of a format that is known but not supported, or null.</summary>
    /// <param name="encoded">The file's bytes; the first 12 are enough.</param>
    internal static string? Unsupported(ReadOnlySpan<byte> encoded)
    {
        foreach (var (name, signature) in Known)
        {
            if (ImageFormat.Matches(encoded, signature))
            {
                return name;
            }
        }

        return null;
    }

    /// <summary>The start of an ISO media file: the length of its first box, <c>ftyp</c> and the brand.</summary>
    private static byte[] Boxed(string brand) => [.. "????ftyp"u8, .. Encoding.ASCII.GetBytes(brand)];
}

/// <summary>A supported picture format.</summary>
public sealed record ImageFormat
{
    internal ImageFormat(string name, string contentType, string loader, IReadOnlyList<byte[]> signatures)
    {
        Name = name;
        ContentType = contentType;
        Loader = loader;
        Signatures = signatures;
    }

    /// <summary>Its usual name.</summary>
    public string Name { get; }

    /// <summary>Its media type.</summary>
    public string ContentType { get; }

    /// <summary>The libvips class that must be unblocked for it.</summary>
    internal string Loader { get; }

    /// <summary>The first bytes of its files; <c>'?'</c> stands for any byte.</summary>
    internal IReadOnlyList<byte[]> Signatures { get; }

    /// <summary>The smallest fault in a file that ends the decoding.</summary>
    internal Enums.FailOn FailOn { get; init; } = Enums.FailOn.Warning;

    /// <summary>Whether the decoder can give pictures of 1/2, 1/4 and 1/8 size at less cost.</summary>
    internal bool ShrinksOnLoad { get; init; }

    internal bool Begins(ReadOnlySpan<byte> encoded)
    {
        foreach (var signature in Signatures)
        {
            if (Matches(encoded, signature))
            {
                return true;
            }
        }

        return false;
    }

    internal static bool Matches(ReadOnlySpan<byte> encoded, byte[] signature)
    {
        if (encoded.Length < signature.Length)
        {
            return false;
        }

        for (var index = 0; index < signature.Length; index++)
        {
            if (signature[index] != '?' && signature[index] != encoded[index])
            {
                return false;
            }
        }

        return true;
    }
}
