using System.CommandLine;
using System.Globalization;
using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Benchmarks.Decode;

/// <summary><c>decode</c>: photographs to canvases, ours beside SkiaSharp and Pillow.</summary>
internal static class DecodeCommand
{
    public static Command Create()
    {
        var pictures = new Option<DirectoryInfo>("--pictures")
        {
            Description = "Folder of JPEG files.",
            Required = true,
        }.AcceptExistingOnly();
        var rounds = new Option<int>("--rounds")
        {
            Description = "Rounds; each decodes every picture with every decoder.",
            DefaultValueFactory = _ => 9,
        };
        var side = new Option<int>("--canvas")
        {
            Description = "Side of the canvas, in pixels.",
            DefaultValueFactory = _ => AlexNetLayers.ForImageNet().Geometry.Canvas,
        };
        var python = new Option<string>("--pillow")
        {
            Description = "A Python with Pillow and numpy; 'none' without.",
            DefaultValueFactory = _ => "python3",
        };
        var command = new Command("decode", "Processor time from a JPEG file to a canvas, on one thread, beside SkiaSharp and Pillow.")
        {
            pictures, rounds, side, python,
        };
        command.SetAction(parsed => Run(
            [
                .. parsed.GetRequiredValue(pictures).EnumerateFiles().Where(IsJpeg)
                    .Select(file => file.FullName).Order(StringComparer.Ordinal),
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
            Console.Error.WriteLine("There is no JPEG file in the folder. Name another with --pictures.");
            return 2;
        }

        byte[][] files = [.. paths.Select(File.ReadAllBytes)];
        var ours = InProcessDecoder.Ours(files, side);
        List<DecodeCase> cases = [ours, InProcessDecoder.Skia(files, side)];
        if (python != "none" && Pillow.Find(python, paths, side) is { } pillow)
        {
            cases.Add(pillow);
        }
        else
        {
            Console.WriteLine("Pillow is left out; name a Python that has it (Debian: python3-pil, python3-numpy) with --pillow.");
        }

        // Without the first round, which loads libraries.
        for (var round = 0; round <= rounds; round++)
        {
            cases.ForEach(each => each.Measure());
        }

        Console.WriteLine(
            $"{files.Length} JPEG files, {files.Average(file => file.Length) / 1024:F0} KiB in the mean, to {side}×{side}; "
            + $"{rounds} rounds in turn, medians.");
        foreach (var each in cases)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {each.Name,-26} {each.Seconds / files.Length * 1000,7:0.00} ms of CPU a picture  "
                + $"{each.Seconds / ours.Seconds,6:0.00} ×"));
        }

        cases.ForEach(each => each.Dispose());
        return 0;
    }
}
