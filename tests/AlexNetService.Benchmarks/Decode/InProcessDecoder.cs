using System.Diagnostics;
using AlexNetService.Imaging;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;
using SixLabors.ImageSharp.Processing;
using SkiaSharp;

namespace AlexNetService.Benchmarks.Decode;

/// <summary>A decoder in this process.</summary>
internal sealed class InProcessDecoder(string name, IReadOnlyList<byte[]> files, Action<byte[]> decode) : DecodeCase(name)
{
    /// <summary>The service's decoder.</summary>
    public static InProcessDecoder Ours(string name, IReadOnlyList<byte[]> files, int side)
    {
        var canvas = new byte[3 * side * side];
        return new InProcessDecoder(name, files, file =>
        {
            if (CanvasDecoder.DecodeTo(file, side, canvas) is { } fault)
            {
                throw new InvalidDataException(fault.Reason);
            }
        });
    }

    /// <summary>ImageSharp: decodes the picture, scales its centre square with our filter, and splits RGB planes.</summary>
    public static InProcessDecoder Sharp(string name, IReadOnlyList<byte[]> files, int side)
    {
        var canvas = new byte[3 * side * side];
        return new InProcessDecoder(name, files, file =>
        {
            using var picture = Image.Load<Rgb24>(file);
            var shorter = Math.Min(picture.Width, picture.Height);
            var square = new Rectangle((picture.Width - shorter) / 2, (picture.Height - shorter) / 2, shorter, shorter);
            picture.Mutate(each => each.Crop(square).Resize(side, side, KnownResamplers.Triangle));
            picture.ProcessPixelRows(rows =>
            {
                for (var y = 0; y < side; y++)
                {
                    var row = rows.GetRowSpan(y);
                    for (var x = 0; x < side; x++)
                    {
                        var i = (y * side) + x;
                        (canvas[i], canvas[(side * side) + i], canvas[(2 * side * side) + i]) = (row[x].R, row[x].G, row[x].B);
                    }
                }
            });
        });
    }

    /// <summary>The same photographs as Windows bitmaps without compression.</summary>
    public static IReadOnlyList<byte[]> Bitmaps(IReadOnlyList<byte[]> files) =>
    [
        .. files.Select(file =>
        {
            using var picture = Image.Load<Rgb24>(file);
            using var bitmap = new MemoryStream();
            picture.SaveAsBmp(bitmap);
            return bitmap.ToArray();
        }),
    ];

    /// <summary>SkiaSharp: decodes the picture, scales its centre square with mipmaps against aliasing, and splits RGB planes.</summary>
    public static InProcessDecoder Skia(IReadOnlyList<byte[]> files, int side)
    {
        var canvas = new byte[3 * side * side];
        var quality = new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear);
        return new InProcessDecoder("SkiaSharp", files, file =>
        {
            using var whole = SKBitmap.Decode(file);
            var shorter = Math.Min(whole.Width, whole.Height);
            using var square = new SKBitmap();
            whole.ExtractSubset(square, SKRectI.Create((whole.Width - shorter) / 2, (whole.Height - shorter) / 2, shorter, shorter));
            using var scaled = square.Resize(new SKImageInfo(side, side, SKColorType.Rgba8888), quality);
            var pixels = scaled.GetPixelSpan();
            for (var i = 0; i < side * side; i++)
            {
                canvas[i] = pixels[4 * i];
                canvas[(side * side) + i] = pixels[(4 * i) + 1];
                canvas[(2 * side * side) + i] = pixels[(4 * i) + 2];
            }
        });
    }

    protected override double DecodeAll()
    {
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        foreach (var file in files)
        {
            decode(file);
        }

        process.Refresh();
        return (process.TotalProcessorTime - before).TotalSeconds;
    }
}
