using System.Globalization;
using AlexNetService.Imaging;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Worker.Export;

/// <summary>Compares trunk and rest of a package with its whole graph, on the ten crops of a canvas.</summary>
internal static class SplitCheck
{
    // Relative to the largest logit or probability. Within the whole graph a CPU skips the rounding of maps to 16 bits.
    private const double Tolerance = 1e-5;
    private const double HalfTolerance = 1e-3;

    private const int Seed = 2012;

    /// <summary>The package without trunk and rest, which a session would open instead of the whole graph.</summary>
    public static ModelPackage Whole(ModelPackage package) => package with { Card = package.Card with { Split = null } };

    /// <summary>Runs a random canvas through both and prints the differences; a package without a split passes.</summary>
    /// <param name="package">The package.</param>
    /// <param name="whole">Its whole graph.</param>
    /// <exception cref="InputException">A logit or probability differs by more than the tolerance.</exception>
    public static void Require(ModelPackage package, ModelSession whole)
    {
        if (package.Card.Split is not { } split)
        {
            return;
        }

        var geometry = new CropGeometry(package.Card.Preprocessing.Canvas, package.Card.Preprocessing.Crop);
        var windows = CropViews.Ten(geometry);
        var canvas = new byte[NetworkArchitecture.Channels * geometry.Canvas * geometry.Canvas];
        new Random(Seed).NextBytes(canvas);
        var crops = new byte[windows.Length * whole.CropBytes];
        for (var i = 0; i < windows.Length; i++)
        {
            windows[i].CopyTo(canvas, geometry.Canvas, crops.AsSpan(i * whole.CropBytes, whole.CropBytes), geometry.Crop);
        }

        var tensors = package.Card.Tensors;
        foreach (var output in new[] { tensors.Logits, tensors.Probabilities }.OfType<string>())
        {
            var expected = new float[windows.Length * whole.Classes];
            whole.Run(crops, windows.Length, output == tensors.Logits
                ? new CropOutputs { Logits = expected }
                : new CropOutputs { Probabilities = expected });
            var actual = split.Type switch
            {
                MapType.Float32 => Split<float>(package, split, canvas, windows, output),
                MapType.UInt8 => Split<byte>(package, split, canvas, windows, output),
                _ => Split<Float16>(package, split, canvas, windows, output),
            };
            Require(output, expected, actual, split.Type == MapType.Float16 ? HalfTolerance : Tolerance);
        }
    }

    private static void Require(string output, float[] expected, float[] actual, double tolerance)
    {
        var difference = ParityCheck.RelativeDifference(expected, actual);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"trunk and rest on ten crops: {output} differ by {difference:E1} of the largest"));

        // Written so that a NaN fails too.
        if (!(difference <= tolerance))
        {
            throw new InputException(string.Create(
                CultureInfo.InvariantCulture,
                $"Trunk and rest disagree with the whole graph: {output} differ by {difference:E1} of the largest; ")
                + string.Create(CultureInfo.InvariantCulture, $"{tolerance:E0} is allowed. Nothing was published."));
        }
    }

    /// <summary>Runs the windows of a canvas through trunk and rest.</summary>
    /// <typeparam name="T">Element type of the maps.</typeparam>
    private static float[] Split<T>(ModelPackage package, SplitGraph split, byte[] canvas, CropWindow[] windows, string output)
        where T : unmanaged
    {
        var side = package.Card.Preprocessing.Canvas;
        var both = (byte[])[.. canvas, .. Mirrored(canvas, side)];
        var maps = Run<byte, T>(
            package.PathOf(split.Trunk), package.Card.Tensors.Input, both, [2, NetworkArchitecture.Channels, side, side], split.Maps);
        var cut = Cut(split, maps, windows, far: side - package.Card.Preprocessing.Crop);
        long[] dimensions = [windows.Length, split.Count, split.CropSide, split.CropSide];
        return Run<T, float>(package.PathOf(split.Rest), split.Maps, cut, dimensions, output);
    }

    private static byte[] Mirrored(byte[] canvas, int side)
    {
        var mirrored = new byte[canvas.Length];
        new CropWindow(0, 0, Mirrored: true).CopyTo(canvas, side, mirrored, side);
        return mirrored;
    }

    // A mirrored crop is cut from the mirrored canvas, at the same distance from the left as the crop had from the right.
    private static T[] Cut<T>(SplitGraph split, T[] maps, CropWindow[] windows, int far)
    {
        var (side, window) = (split.CanvasSide, split.CropSide);
        var cut = new T[windows.Length * split.Count * window * window];
        for (var i = 0; i < cut.Length / window; i++)
        {
            var (map, row) = (i / window, i % window);
            var (top, left, mirrored) = windows[map / split.Count];
            var plane = (mirrored ? split.Count : 0) + (map % split.Count);
            var first = (((plane * side) + (top / split.Step) + row) * side) + ((mirrored ? far - left : left) / split.Step);
            maps.AsSpan(first, window).CopyTo(cut.AsSpan(i * window));
        }

        return cut;
    }

    private static TOut[] Run<TIn, TOut>(string path, string input, TIn[] values, long[] dimensions, string output)
        where TIn : unmanaged
        where TOut : unmanaged
    {
        using var session = new InferenceSession(path);
        using var tensor = OrtValue.CreateTensorValueFromMemory(values, dimensions);
        using var options = new RunOptions();
        using var results = session.Run(options, [input], [tensor], [output]);
        return results[0].GetTensorDataAsSpan<TOut>().ToArray();
    }
}
