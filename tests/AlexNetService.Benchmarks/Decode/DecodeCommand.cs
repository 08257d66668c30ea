using System.CommandLine;
using System.Globalization;
using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Shared;
using SkiaSharp;

namespace AlexNetService.Benchmarks.Decode;

/// <summary><c>decode</c>: time from photographs to canvases with our decoder, ImageSharp, SkiaSharp and Pillow.</summary>
internal static class DecodeCommand
{
    public static Command Create()
    {
        var pictures = new Option<DirectoryInfo>("--pictures") { Description = "Folder of JPEG files.", Required = true }
            .AcceptExistingOnly();
        var rounds = CommandOptions.Of("--rounds", "Number of rounds; each decodes every picture with every decoder.", 9);
        var side = CommandOptions.Of("--canvas", "Side of the canvas, in pixels.", AlexNetLayers.ForImageNet().Geometry.Canvas);
        var python = CommandOptions.Of("--pillow", "A Python with Pillow and numpy, or 'none' to leave Pillow out.", "python3");
        var command = new Command("decode", "Processor time from a JPEG or BMP file to a canvas on one thread: our decoder and others.")
        {
            pictures, rounds, side, python,
        };
        command.SetAction(parsed => Run(
            [
                .. parsed.GetRequiredValue(pictures).EnumerateFiles()
                    .Where(IsJpeg)
                    .Select(file => file.FullName)
                    .Order(StringComparer.Ordinal),
            ],
            parsed.GetValue(rounds),
            parsed.GetValue(side),
            parsed.GetRequiredValue(python)));
        return command;
    }

    private static bool IsJpeg(FileInfo file) => file.Extension.ToUpperInvariant() is ".JPG" or ".JPEG";

    private static int Run(string[] paths, int rounds, int side, string python)
    {
        if (paths.Length == 0)
        {
            Console.Error.WriteLine("The folder contains no JPEG file. Name another with --pictures.");
            return 2;
        }

        byte[][] files = [.. paths.Select(File.ReadAllBytes)];
        var bitmaps = InProcessDecoder.Bitmaps(files);
        var ours = InProcessDecoder.Ours("AlexNetService (libvips)", files, side);
        List<DecodeCase> cases =
        [
            ours,
            InProcessDecoder.Sharp("ImageSharp", files, side),
            InProcessDecoder.Ours("AlexNetService, as BMP", bitmaps, side),
            InProcessDecoder.Sharp("ImageSharp, as BMP", bitmaps, side),
            InProcessDecoder.Skia(files, side),
        ];
        if (python != "none" && Pillow.Find(python, paths, side) is { } pillow)
        {
            cases.Add(pillow);
        }
        else
        {
            Console.WriteLine("Pillow is left out. Name a Python with Pillow and numpy with --pillow (python3-pil, python3-numpy).");
        }

        // One extra round, since the first one also loads libraries.
        for (var round = 0; round <= rounds; round++)
        {
            cases.ForEach(each => each.Measure());
        }

        var size = files.Average(file => file.Length) / 1024;
        Console.WriteLine($"{files.Length} JPEG files of {size:F0} KiB on average, to {side}×{side}; medians of {rounds} rounds.");
        foreach (var each in cases)
        {
            var (cpu, ratio) = (each.Seconds / files.Length * 1000, each.Seconds / ours.Seconds);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"  {each.Name,-26} {cpu,7:0.00} ms of CPU per picture  {ratio,6:0.00} ×"));
        }

        PrintDifference(files, side);
        cases.ForEach(each => each.Dispose());
        return 0;
    }

    /// <summary>Prints how far our canvases are from exact reductions.</summary>
    private static void PrintDifference(byte[][] files, int side)
    {
        var differences = new List<double>();
        foreach (var file in files)
        {
            using var data = SKData.CreateCopy(file);
            using var codec = SKCodec.Create(data);
            var shorter = Math.Min(codec.Info.Width, codec.Info.Height);
            if (shorter > side && shorter <= CanvasDecoder.MaxCanvasSide)
            {
                differences.Add(ExactReduction.MeanDifference(file, shorter, side));
            }
        }

        if (differences.Count > 0)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"Mean difference to an exact reduction of {differences.Count} files: {differences.Average():0.00} of 255; ")
                + string.Create(CultureInfo.InvariantCulture, $"{differences.Max():0.00} for the worst file."));
        }
    }
}
