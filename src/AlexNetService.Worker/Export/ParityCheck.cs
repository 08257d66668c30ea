using static TorchSharp.torch;

namespace AlexNetService.Worker.Export;

/// <summary>Compares an exported graph with the torch network that it came from.</summary>
internal static class ParityCheck
{
    /// <summary>Largest difference of a logit that passes, relative to the largest logit.</summary>
    private const double Tolerance = 1e-3;

    private const int Crops = 32;
    private const int Seed = 2012;

    /// <summary>Up to 32 centre crops of photographs, labelled or not, spread evenly over a data set: [3,crop,crop], 0..255.</summary>
    public static IReadOnlyList<byte[]> RealCrops(string path, CropGeometry geometry)
    {
        using var photographs = DataSetOpener.Open(path, labelled: false);
        var window = CropViews.Centre(geometry)[0];
        var crops = new List<byte[]>(Crops);
        var canvas = new byte[NetworkArchitecture.Channels * geometry.Canvas * geometry.Canvas];
        foreach (var photograph in SpreadOut(photographs.Photographs))
        {
            if (crops.Count < Crops && CanvasDecoder.DecodeTo(photographs.Read(photograph.Path), geometry.Canvas, canvas) is null)
            {
                var crop = new byte[NetworkArchitecture.Channels * geometry.Crop * geometry.Crop];
                window.CopyTo(canvas, geometry.Canvas, crop, geometry.Crop);
                crops.Add(crop);
            }
        }

        return crops.Count > 0
            ? crops
            : throw new InputException($"None of the files at '{path}' is a photograph that can be decoded. Name others with --data.");
    }

    /// <summary>Runs random and real crops through both and prints the differences; leaves the network in evaluation mode.</summary>
    /// <param name="realCrops">Crops of [3,crop,crop], 0..255; may be empty.</param>
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
            Console.WriteLine("parity on 0 real crops: there are no photographs; name some with --data");
        }
    }

    /// <summary>Largest |expected − actual| divided by largest |expected|; NaN if a value is.</summary>
    internal static double RelativeDifference(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        var (difference, largest) = (0.0, 0.0);
        for (var i = 0; i < expected.Length; i++)
        {
            difference = Math.Max(difference, Math.Abs((double)expected[i] - actual[i]));
            largest = Math.Max(largest, Math.Abs((double)expected[i]));
        }

        return difference / largest;
    }

    internal static void RequireSmall(double difference, double tolerance, string disagreement)
    {
        // Written so that a NaN fails too.
        InputException.ThrowIf(
            !(difference <= tolerance),
            $"{disagreement} differ by {difference:E1} of the largest; {tolerance:E0} is allowed. Nothing was published.");
    }

    private static void Require(
        string kind, ColumnNetwork network, ColourStatistics colours, ModelSession session, IReadOnlyList<byte[]> crops)
    {
        var expected = TorchLogits(network, colours, crops);
        var actual = new float[crops.Count * session.Classes];
        session.Run(crops.SelectMany(crop => crop).ToArray(), crops.Count, new CropOutputs { Logits = actual });
        var difference = RelativeDifference(expected, actual);
        Console.WriteLine($"parity on {crops.Count} {kind} crops: largest difference of a logit {difference:E1} of the largest logit");
        RequireSmall(difference, Tolerance, $"The exported graph and torch disagree on {kind} crops: logits");
    }

    private static float[] TorchLogits(ColumnNetwork network, ColourStatistics colours, IReadOnlyList<byte[]> crops)
    {
        network.eval();
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var side = network.Architecture.Geometry.Crop;
        var pixels = empty(crops.Count, side, side, NetworkArchitecture.Channels, ScalarType.Byte);
        for (var i = 0; i < crops.Count; i++)
        {
            var target = pixels.bytes.Slice(i * crops[i].Length, crops[i].Length);
            new CropWindow(0, 0, Mirrored: false).CopyChannelsLastTo(crops[i], side, target, side);
        }

        using var centring = new PixelCentring(colours, side, network.Placement);
        var logits = network.Logits(centring.Of(pixels, zeros(crops.Count, NetworkArchitecture.Channels)));
        return MemoryMarshal.Cast<byte, float>(logits.cpu().contiguous().bytes).ToArray();
    }

    /// <summary>Photographs that are spread evenly over the whole, then the others, in case some cannot be decoded.</summary>
    private static IEnumerable<Photograph> SpreadOut(IReadOnlyList<Photograph> photographs)
    {
        var even = Enumerable.Range(0, Crops).Select(i => (int)((long)i * photographs.Count / Crops)).Distinct().ToArray();
        return photographs.Count == 0 ? [] : [.. even.Select(i => photographs[i]), .. photographs.Where((_, i) => !even.Contains(i))];
    }
}
