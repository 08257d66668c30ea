using System.Buffers.Binary;
using NetVips;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Bmp;
using SixLabors.ImageSharp.Memory;
using SixLabors.ImageSharp.PixelFormats;
using Image = NetVips.Image;

namespace AlexNetService.Imaging;

/// <summary>
/// A Windows bitmap without compression (BITMAPCOREHEADER, BITMAPINFOHEADER and its versions 4 and 5). libvips does not read it, so
/// ImageSharp does, as a whole and only if the header is sound and no row is missing.
/// </summary>
/// <param name="Width">Pixels of a row.</param>
/// <param name="Height">Rows.</param>
/// <param name="Bands">4 if its pixels may be transparent, otherwise 3.</param>
/// <param name="IsWhole">Whether the header is of a supported kind and the file contains all rows.</param>
internal readonly record struct Bitmap(int Width, int Height, int Bands, bool IsWhole)
{
    private const int FileHeader = 14;
    private const int CoreHeader = 12;

    private static readonly Configuration OnlyBitmaps = new(new BmpConfigurationModule())
    {
        MemoryAllocator = new SimpleGcMemoryAllocator(),
        PreferContiguousImageBuffers = true,
    };

    internal static FileStructure Structure(ReadOnlySpan<byte> file)
    {
        var bitmap = Read(file);

        // ImageSharp's pixels, a copy of them for libvips, and a row.
        return new FileStructure((2 * bitmap.Bands) + 1, IsUnsupported: !bitmap.IsWhole);
    }

    /// <summary>A picture of the file's size, without its pixels.</summary>
    internal static Image Header(ReadOnlySpan<byte> file)
    {
        var bitmap = Read(file);
        return Image.Black(bitmap.Width, bitmap.Height, bitmap.Bands).Then(image => image.Copy(interpretation: Enums.Interpretation.Srgb));
    }

    /// <summary>RGB or RGBA of 8 bits.</summary>
    /// <exception cref="ImageFormatException">ImageSharp cannot read it.</exception>
    internal static Image Pixels(ReadOnlySpan<byte> file) =>
        Read(file).Bands == 4 ? Pixels<Rgba32>(file, bands: 4) : Pixels<Rgb24>(file, bands: 3);

    private static Image Pixels<TPixel>(ReadOnlySpan<byte> file, int bands)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        using var picture = SixLabors.ImageSharp.Image.Load<TPixel>(OnlyBitmaps, file, new BmpDecoder());
        return picture.DangerousTryGetSinglePixelMemory(out var pixels)
            ? Image.NewFromMemoryCopy<TPixel>(pixels.Span, picture.Width, picture.Height, bands, Enums.BandFormat.Uchar)
                .Then(image => image.Copy(interpretation: Enums.Interpretation.Srgb))
            : throw new InvalidImageContentException("The pixels are not contiguous.");
    }

    private static Bitmap Read(ReadOnlySpan<byte> file)
    {
        if (file.Length < FileHeader + 40)
        {
            return default;
        }

        var (start, header) = (Number(file, 10), Number(file, FileHeader));
        var isCore = header == CoreHeader;
        var width = isCore ? BinaryPrimitives.ReadUInt16LittleEndian(file[18..]) : (int)Number(file, 18);
        var height = isCore ? BinaryPrimitives.ReadUInt16LittleEndian(file[20..]) : Math.Abs((long)(int)Number(file, 22));
        var bits = BinaryPrimitives.ReadUInt16LittleEndian(file[(isCore ? 24 : 28)..]);
        var compression = isCore ? 0 : Number(file, 30);
        var colours = bits > 8 ? 0 : isCore || Number(file, 46) == 0 ? 1L << bits : Number(file, 46);
        var isKnown = header is CoreHeader or 40 or 108 or 124
            && (compression, bits) is (0, 1 or 4 or 8 or 16 or 24 or 32) or (3, 16 or 32)
            && colours <= 1L << bits
            && start >= FileHeader + header + (colours * (isCore ? 3 : 4)) + (compression == 3 && header == 40 ? 12 : 0);
        var row = ((width * (long)bits) + 31) / 32 * 4;
        return isKnown && width > 0 && height is > 0 and <= int.MaxValue && start + (row * height) <= file.Length
            ? new Bitmap(width, (int)height, Bands: bits == 32 || compression == 3 ? 4 : 3, IsWhole: true)
            : default;
    }

    private static uint Number(ReadOnlySpan<byte> file, int at) => BinaryPrimitives.ReadUInt32LittleEndian(file[at..]);
}
