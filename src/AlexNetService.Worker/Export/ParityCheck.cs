using System.Globalization;
using System.Runtime.InteropServices;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Data;
using AlexNetService.Training.Network;
using static TorchSharp.torch;

namespace AlexNetService.Worker.Export;

/// <summary>Holds the exported graph against the torch network it came from.</summary>
internal static class ParityCheck
{
    /// <summary>Random crops, and real crops where there are photographs.</summary>
    public const int Crops = 32;

    /// <summary>Largest difference of a logit that is let through, relative to the largest logit.</summary>
    public const double Tolerance = 1e-3;

    private const int Seed = 2012;

    /// <summary>Runs random and real crops through both and prints the differences.</summary>
    /// <param name="network">The torch network; is left in evaluation mode.</param>
    /// <param name="colours">Its mean colour.</param>
    /// <param name="session">The exported graph in ONNX Runtime.</param>
    /// <param name="realCrops">Crops of [3,crop,crop], 0..255; may be empty.</param>
    /// <exception cref="InputException">A logit differs by more than the tolerance.</exception>
    public static void Require(ColumnNetwork network, ColourStatistics colours, ModelSession session, IReadOnlyList<byte[]> realCrops)
    {
        var random = new Random(Seed);
        var randomCrops = Enumerable.Range(0, Crops).Select(_ =>
        {
            var crop = new byte[session.CropBytes];
            random.NextBytes(crop);
            return crop;
        }).ToArray();
        Require("random", network, colours, session, randomCrops);
        if (realCrops.Count > 0)
        {
            Require("real", network, colours, session, realCrops);
        }
        else
        {
            Console.WriteLine("parity on 0 real crops: none given; name photographs with --data");
        }
    }

    private static void Require(
        string kind, ColumnNetwork network, ColourStatistics colours, ModelSession session, IReadOnlyList<byte[]> crops)
    {
        var expected = TorchLogits(network, colours, crops);
        var actual = new float[crops.Count * session.Classes];
        session.Run(crops.SelectMany(crop => crop).ToArray(), crops.Count, new CropOutputs { Logits = actual });
        var difference = RelativeDifference(expected, actual);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"parity on {crops.Count} {kind} crops: largest difference of a logit {difference:E1} of the largest logit"));

        // Written so that a NaN fails too.
        if (!(difference <= Tolerance))
        {
            throw new InputException(string.Create(CultureInfo.InvariantCulture,
                $"The exported graph and torch disagree on {kind} crops: logits differ by {difference:E1} of the largest where {Tolerance:E0} is allowed. Nothing was published."));
        }
    }

    /// <summary>Largest |expected − actual| over largest |expected|.</summary>
    internal static double RelativeDifference(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        var (difference, largest) = (0.0, 0.0);
        for (var i = 0; i < expected.Length; i++)
        {
            // Math.Max passes a NaN on.
            difference = Math.Max(difference, Math.Abs((double)expected[i] - actual[i]));
            largest = Math.Max(largest, Math.Abs((double)expected[i]));
        }

        return difference / largest;
    }

    private static float[] TorchLogits(ColumnNetwork network, ColourStatistics colours, IReadOnlyList<byte[]> crops)
    {
        network.eval();
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var side = network.Architecture.Geometry.Crop;
        var cut = new Augmentation(new CropGeometry(side, side), colours, colourShift: 0);
        var input = empty(crops.Count, side, side, NetworkArchitecture.Channels);
        var values = MemoryMarshal.Cast<byte, float>(input.bytes);
        for (var i = 0; i < crops.Count; i++)
        {
            cut.Centre(crops[i], values.Slice(i * crops[i].Length, crops[i].Length));
        }

        return MemoryMarshal.Cast<byte, float>(network.call(input.permute(0, 3, 1, 2)).cpu().contiguous().bytes).ToArray();
    }
}
