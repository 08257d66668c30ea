using System.Text;
using NetVips;

namespace AlexNetService.Imaging;

/// <summary>The supported picture formats, recognised by their first bytes and never by a file's name.</summary>
public static class ImageFormats
{
    /// <summary>All supported formats. libvips itself blocks every other loader.</summary>
    public static IReadOnlyList<ImageFormat> All { get; } =
    [
        new("JPEG", "image/jpeg")
        {
            Endings = [".jpg", ".jpeg", ".jfif", ".jpe"],
            Loader = "VipsForeignLoadJpeg",
            Signatures = [[0xFF, 0xD8, 0xFF]],
            Structure = FileStructure.OfJpeg,
            Repair = JpegRepair.Repair,
            ShrinksOnLoad = true,
        },
        new("PNG", "image/png")
        {
            Endings = [".png"],
            Loader = "VipsForeignLoadPng",
            Signatures = [[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]],
            Structure = FileStructure.OfPng,
        },
        new("WebP", "image/webp")
        {
            Endings = [".webp"],
            Loader = "VipsForeignLoadWebp",
            Signatures = ["RIFF????WEBP"u8.ToArray()],
            Structure = FileStructure.OfWebP,
        },
        new("GIF", "image/gif")
        {
            Endings = [".gif"],
            Loader = "VipsForeignLoadNsgif",
            Signatures = ["GIF87a"u8.ToArray(), "GIF89a"u8.ToArray()],
            Structure = FileStructure.OfGif,
        },
        new("TIFF", "image/tiff")
        {
            Endings = [".tif", ".tiff"],
            Loader = "VipsForeignLoadTiff",

            // Little and big endian, classic and BigTIFF.
            Signatures = ["II*\0"u8.ToArray(), "MM\0*"u8.ToArray(), "II+\0"u8.ToArray(), "MM\0+"u8.ToArray()],
            Structure = FileStructure.OfTiff,
        },
        new("AVIF", "image/avif")
        {
            Endings = [".avif"],
            Loader = "VipsForeignLoadHeif",
            Signatures = [Boxed("avif")],
            Structure = AvifStructure.Of,
        },
        new("BMP", "image/bmp")
        {
            Endings = [".bmp"],
            Signatures = ["BM????\0\0\0\0"u8.ToArray()],
            Structure = Bitmap.Structure,
            Header = Bitmap.Header,
            Pixels = Bitmap.Pixels,
        },
    ];

    // Phones and browsers often save these, also under the names of JPEGs.
    private static readonly ImageFormat[] Unsupported =
    [
        new("HEIC", "image/heic") { Signatures = [.. new[] { "heic", "heix", "hevc", "heim", "heis" }.Select(Boxed)] },
        new("HEIF", "image/heif") { Signatures = [Boxed("mif1")] },
        new("animated AVIF", "image/avif") { Signatures = [Boxed("avis")] },
        new("JPEG XL", "image/jxl")
        {
            Signatures = [[0xFF, 0x0A], [0, 0, 0, 0x0C, (byte)'J', (byte)'X', (byte)'L', (byte)' ']],
        },
    ];

    /// <summary>The supported media types, for an API's check and for help texts.</summary>
    public static IReadOnlyList<string> ContentTypes { get; } = [.. All.Select(format => format.ContentType)];

    /// <summary>Endings of the files' names, for data sets: <c>.jpg</c> and so on.</summary>
    public static IReadOnlyList<string> Endings { get; } = [.. All.SelectMany(format => format.Endings)];

    /// <summary>The format of some bytes, of which the first 12 are enough; null if it is not supported.</summary>
    public static ImageFormat? Recognise(ReadOnlySpan<byte> encoded) => Find(All, encoded);

    /// <summary>The format of some bytes that is known but not supported, or null.</summary>
    internal static ImageFormat? RecogniseUnsupported(ReadOnlySpan<byte> encoded) => Find(Unsupported, encoded);

    private static ImageFormat? Find(IEnumerable<ImageFormat> formats, ReadOnlySpan<byte> encoded)
    {
        foreach (var format in formats)
        {
            foreach (var signature in format.Signatures)
            {
                if (Matches(encoded, signature))
                {
                    return format;
                }
            }
        }

        return null;
    }

    private static bool Matches(ReadOnlySpan<byte> encoded, byte[] signature)
    {
        for (var index = 0; index < signature.Length; index++)
        {
            if (index == encoded.Length || (signature[index] != '?' && signature[index] != encoded[index]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The start of an ISO media file: the length of its first box, <c>ftyp</c> and the brand.</summary>
    private static byte[] Boxed(string brand) => [.. "????ftyp"u8, .. Encoding.ASCII.GetBytes(brand)];
}

/// <summary>A picture format.</summary>
public sealed record ImageFormat(string Name, string ContentType)
{
    /// <summary>Endings of its files' names, in lower case.</summary>
    internal string[] Endings { get; init; } = [];

    /// <summary>The libvips class that must be unblocked for it; null if libvips does not read it.</summary>
    internal string? Loader { get; init; }

    /// <summary>Gives a picture of the file's size, whose pixels may be decoded when they are read.</summary>
    internal Func<ReadOnlySpan<byte>, Image> Header { get; init; } = static file => Libvips.Open(file);

    /// <summary>Decodes the file; null if the picture that <see cref="Header"/> gives has the pixels.</summary>
    internal Func<ReadOnlySpan<byte>, Image>? Pixels { get; init; }

    /// <summary>The first bytes of its files; <c>'?'</c> stands for any byte.</summary>
    internal byte[][] Signatures { get; init; } = [];

    /// <summary>Reads what a file's own structure says about the cost of decoding it.</summary>
    internal Func<ReadOnlySpan<byte>, FileStructure> Structure { get; init; } = static _ => default;

    /// <summary>Gives the file without flaws that do not concern its pixels; empty if it has none.</summary>
    internal Func<ReadOnlySpan<byte>, ReadOnlyMemory<byte>> Repair { get; init; } = static _ => default;

    /// <summary>Whether the decoder can give pictures of 1/2, 1/4 and 1/8 size at less cost.</summary>
    internal bool ShrinksOnLoad { get; init; }
}
