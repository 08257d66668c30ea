using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Onnx.Tests.Support;

namespace AlexNetService.Onnx.Tests;

/// <summary>Tables no preset has: maps after vectors, dense layers that keep to their column, one column.</summary>
public sealed class UnusualTableTests
{
    private static readonly double[] Mean = [120, 115, 100];

    [Fact]
    public void Table_LayersOfMapsAfterDenseLayers_MatchesTheNetworkWrittenOut()
    {
        var architecture = new NetworkArchitecture("unusual", Columns: 2, new CropGeometry(10, 9),
        [
            new Convolution("conv1", 4, Kernel: 3, Stride: 2, Padding: 0, Reads.Image, 0.01, InitialBias: 0),
            new Dense("fc2", 12, Reads.OwnColumn, 0.01, InitialBias: 0),
            new LocalResponseNormalisation("lrn2", Maps: 5, K: 2, Alpha: 1e-4, Beta: 0.75),
            new Dense("fc3", 8, Reads.OwnColumn, 0.01, InitialBias: 0),
            new Convolution("conv4", 6, Kernel: 3, Stride: 1, Padding: 1, Reads.OwnColumn, 0.01, InitialBias: 0),
            new Dense("fc5", 10, Reads.BothColumns, 0.01, InitialBias: 0),
            new Dropout("drop5", 0.5),
            new Classifier("fc6", 3, 0.01, InitialBias: 0),
        ]);
        var draws = new Draws(30);
        var weights = draws.Weights(architecture);
        var pixels = draws.Pixels(3 * 9 * 9);

        using var runtime = new RuntimeGraph(OneFileGraph.Build(architecture, weights, Mean));
        var actual = runtime.Run("image", pixels, [1, 3, 9, 9], ["logits", "features"]);

        var maps = new Maps([.. pixels.Select((pixel, i) => pixel - Mean[i / 81])], 3, 9, 9);
        maps = maps.Convolve(Weight("conv1"), Bias("conv1"), 3, 2, 0, groups: 1);
        maps = maps.Connect(Weight("fc2"), Bias("fc2"), groups: 2).Normalise(2, 5, 2, 1e-4, 0.75);
        maps = maps.Connect(Weight("fc3"), Bias("fc3"), groups: 2).Convolve(Weight("conv4"), Bias("conv4"), 3, 1, 1, groups: 2);
        var features = maps.Connect(Weight("fc5"), Bias("fc5"), groups: 1);
        Close.Relative(1e-5, features.Values, actual[1]); // no rectifier follows fc5, so its own output is the feature vector
        Close.Relative(1e-5, features.Connect(Weight("fc6"), Bias("fc6"), groups: 1).Values, actual[0]);

        float[] Weight(string layer) => weights[layer + ".weight"].Values;

        float[] Bias(string layer) => weights[layer + ".bias"].Values;
    }

    [Fact]
    public void Table_OneColumn_NormalisesOverAllMaps()
    {
        var architecture = new NetworkArchitecture("one-column", Columns: 1, new CropGeometry(6, 5),
        [
            new Convolution("conv1", 8, Kernel: 5, Stride: 1, Padding: 0, Reads.Image, 0.01, InitialBias: 0),
            new LocalResponseNormalisation("lrn1", Maps: 5, K: 2, Alpha: 1e-4, Beta: 0.75),
            new Dense("fc2", 4, Reads.OwnColumn, 0.01, InitialBias: 0),
            new Rectifier("relu2"),
            new Classifier("fc3", 2, 0.01, InitialBias: 0),
        ]);
        var draws = new Draws(31);
        var weights = draws.Weights(architecture);
        var pixels = draws.Pixels(3 * 5 * 5);

        using var runtime = new RuntimeGraph(OneFileGraph.Build(architecture, weights, Mean));
        var actual = runtime.Run("image", pixels, [1, 3, 5, 5], "features");

        var expected = new Maps([.. pixels.Select((pixel, i) => pixel - Mean[i / 25])], 3, 5, 5)
            .Convolve(weights["conv1.weight"].Values, weights["conv1.bias"].Values, 5, 1, 0, groups: 1)
            .Normalise(1, 5, 2, 1e-4, 0.75)
            .Connect(weights["fc2.weight"].Values, weights["fc2.bias"].Values, groups: 1)
            .Rectify();
        Close.Relative(1e-5, expected.Values, actual);
    }
}
