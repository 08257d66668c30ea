using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Onnx.Graph;
using AlexNetService.Onnx.Tests.Support;

namespace AlexNetService.Onnx.Tests.Graph;

/// <summary>Each layer kind alone in ONNX Runtime, against the operation written out in double precision.</summary>
public sealed class LayerTranslationTests
{
    [Fact]
    public void Scaling_ByASixtyFourth_MultipliesEveryValue()
    {
        var shape = new Shape(2, 1, 2);

        var actual = LayerRig.Run(new Scaling("s", 1.0 / 64), 2, shape, shape, [-128, 64, 0, 1, 255, 32, 16, -1]);

        Assert.Equal([-2, 1, 0, 0.015625f, 3.984375f, 0.5f, 0.25f, -0.015625f], actual);
    }

    [Fact]
    public void Standardisation_OfThreeChannels_DividesEachByItsOwn()
    {
        var shape = new Shape(3, 1, 2);

        var actual = LayerRig.Run(new Standardisation("s", [1, 2, -0.5]), 1, shape, shape, [3, 4, 3, 4, 3, 4]);

        Assert.Equal([3, 4, 1.5f, 2, -6, -8], actual);
    }

    [Theory]
    [InlineData(Reads.Image, 2, 1)]
    [InlineData(Reads.BothColumns, 2, 1)]
    [InlineData(Reads.OwnColumn, 2, 2)]
    [InlineData(Reads.OwnColumn, 1, 1)]
    [InlineData(Reads.OwnColumn, 3, 3)]
    public void Convolution_WhateverItReads_IsTheSumOverThoseMaps(Reads reads, int columns, int groups)
    {
        // 9 + 2·1 − 3 = 8, 8 / 2 + 1 = 5.
        var (from, to) = (new Shape(6, 9, 9), new Shape(12, 5, 5));
        var draws = new Draws(1);
        var batch = draws.Uniform(3 * from.Values, -128, 127);
        var (weight, bias) = (draws.Weight(12, 6 / groups, 3, 3), draws.Bias(12));

        var actual = LayerRig.Run(
            new Convolution("c", 12, Kernel: 3, Stride: 2, Padding: 1, reads, 0.01, InitialBias: 0),
            columns, from, to, batch, ("c.weight", weight), ("c.bias", bias));

        var expected = LayerRig.Plain(from, batch, maps => maps.Convolve(weight.Values, bias.Values, 3, 2, 1, groups));
        Close.Relative(1e-6, expected, actual);
    }

    [Fact]
    public void Convolution_OverTheEdge_ReadsZerosRightAndBelowOnly()
    {
        var layer = new Convolution("c", 1, Kernel: 2, Stride: 2, Padding: 0, Reads.Image, 0.01, InitialBias: 0) { EdgePadding = 1 };
        var weights = new[] { ("c.weight", new WeightTensor([1, 1, 2, 2], [1, 10, 100, 1000])), ("c.bias", new WeightTensor([1], [0])) };

        var actual = LayerRig.Run(layer, 1, new Shape(1, 3, 3), new Shape(1, 2, 2), [1, 2, 3, 4, 5, 6, 7, 8, 9], weights);

        Assert.Equal([5421, 603, 87, 9], actual);
    }

    [Fact]
    public void Convolution_OwnColumn_IgnoresTheOtherColumn()
    {
        var shape = new Shape(4, 3, 3);
        var draws = new Draws(2);
        var batch = draws.Uniform(shape.Values, 0, 255);
        var changed = (float[])batch.Clone();
        changed.AsSpan(shape.Values / 2).Fill(200);
        var layer = new Convolution("c", 4, Kernel: 3, Stride: 1, Padding: 1, Reads.OwnColumn, 0.01, InitialBias: 0);
        var weights = new[] { ("c.weight", draws.Weight(4, 2, 3, 3)), ("c.bias", draws.Bias(4)) };

        var before = LayerRig.Run(layer, 2, shape, shape, batch, weights);
        var after = LayerRig.Run(layer, 2, shape, shape, changed, weights);

        Assert.Equal(before[..(shape.Values / 2)], after[..(shape.Values / 2)]);
        Assert.NotEqual(before[(shape.Values / 2)..], after[(shape.Values / 2)..]);
    }

    [Fact]
    public void Rectifier_NegativeAndPositive_KeepsThePositive()
    {
        var shape = new Shape(2, 1, 2);

        var actual = LayerRig.Run(new Rectifier("r"), 2, shape, shape, [-255, -0.5f, 0, 255, 1e-20f, -1e-20f, 3, -3]);

        Assert.Equal([0, 0, 0, 255, 1e-20f, 0, 3, 0], actual);
    }

    [Fact]
    public void HyperbolicTangent_OfValues_IsTheirTanh()
    {
        var shape = new Shape(1, 1, 4);

        var actual = LayerRig.Run(new HyperbolicTangent("t"), 1, shape, shape, [0, 0.5f, -1, 20]);

        Close.Relative(1e-6, [0, 0.46211715726, -0.76159415596, 1], actual);
    }

    [Theory]
    [InlineData(16, 2, 5, 2, 1e-4, 0.75)] // the paper's
    [InlineData(16, 1, 5, 2, 1e-4, 0.75)]
    [InlineData(12, 3, 5, 1, 2e-5, 0.75)]
    [InlineData(8, 2, 1, 2, 1e-4, 0.75)] // every map by itself
    [InlineData(4, 2, 9, 2, 1e-4, 0.75)] // windows wider than a column
    [InlineData(16, 2, 5, 2, 1e-4, 0.5)] // any other β
    [InlineData(16, 2, 3, 1, 1e-4, 1.25)]
    public void Normalisation_PixelSizedValues_FollowsTheFormulaInsideEachColumn(
        int maps, int columns, int n, double k, double alpha, double beta)
    {
        var shape = new Shape(maps, 3, 2);
        var batch = new Draws(6).Uniform(3 * shape.Values, -255, 255);

        var actual = LayerRig.Run(new LocalResponseNormalisation("n", n, k, alpha, beta), columns, shape, shape, batch);

        Close.Relative(2e-6, LayerRig.Plain(shape, batch, x => x.Normalise(columns, n, k, alpha, beta)), actual);
    }

    /// <summary>Worked out by hand: s = 2 + 1e-4 · 100² · (maps in the window), b = 100 / s^0.75.</summary>
    [Fact]
    public void Normalisation_AllMapsAlike_CountsTheNeighboursOfItsOwnColumn()
    {
        // Two columns of five: windows hold 3, 4, 5, 4, 3 maps, twice.
        var shape = new Shape(10, 1, 1);
        var column = new[] { 5, 6, 7, 6, 5 }.Select(s => 100 / Math.Pow(s, 0.75)).ToArray();

        var actual = LayerRig.Run(
            new LocalResponseNormalisation("n", Maps: 5, K: 2, Alpha: 1e-4, Beta: 0.75), 2, shape, shape,
            [100, 100, 100, 100, 100, 100, 100, 100, 100, 100]);

        Close.Relative(1e-6, [.. column, .. column], actual);
    }

    [Theory]
    [InlineData(3, 2, 9, 4)] // overlapping, the last window ends at the edge
    [InlineData(3, 2, 10, 4)] // overlapping, a row and a column are left over: no window hangs over the edge
    [InlineData(2, 2, 8, 4)] // not overlapping
    public void MaxPooling_Windows_TakeTheLargest(int window, int stride, int side, int windows)
    {
        var (from, to) = (new Shape(4, side, side), new Shape(4, windows, windows));
        // Negative values show a padding of zeros.
        var batch = new Draws(3).Uniform(2 * from.Values, -255, -1);

        var actual = LayerRig.Run(new MaxPooling("p", window, stride), 2, from, to, batch);

        Close.Relative(0, LayerRig.Plain(from, batch, maps => maps.Pool(window, stride)), actual);
    }

    [Theory]
    [InlineData(Reads.Image, 2, 1)]
    [InlineData(Reads.BothColumns, 2, 1)]
    [InlineData(Reads.OwnColumn, 2, 2)]
    [InlineData(Reads.OwnColumn, 3, 3)]
    public void Dense_WhateverItReads_IsTheSumOverThoseValues(Reads reads, int columns, int groups)
    {
        var (from, to) = (new Shape(6, 2, 2), new Shape(12, 1, 1));
        var draws = new Draws(4);
        var batch = draws.Uniform(3 * from.Values, 0, 255);
        var (weight, bias) = (draws.Weight(12, from.Values / groups), draws.Bias(12));

        var actual = LayerRig.Run(
            new Dense("d", 12, reads, 0.01, InitialBias: 0), columns, from, to, batch, ("d.weight", weight), ("d.bias", bias));

        Close.Relative(1e-6, LayerRig.Plain(from, batch, maps => maps.Connect(weight.Values, bias.Values, groups)), actual);
    }

    [Fact]
    public void Dropout_AfterTraining_WritesNothingAndPassesItsInputOn()
    {
        var empty = new NetworkArchitecture("rig", 2, new CropGeometry(1, 1), []);
        var writer = new GraphWriter(2, new NamedWeights(empty, new Dictionary<string, WeightTensor>()));
        var input = new Activation("in", new Shape(8, 1, 1), Flat: true);
        var row = new LayerRow(new Dropout("d", 0.5), input.Shape, input.Shape, Parameters: 0, MultiplyAdds: 0);

        Assert.Equal(input, LayerTranslation.Write(writer, row, input, "out"));
        Assert.Empty(writer.Graph.Node);
    }

    [Fact]
    public void Classifier_OddNumberOfClasses_ReadsBothColumns()
    {
        var (from, to) = (new Shape(8, 1, 1), new Shape(7, 1, 1));
        var draws = new Draws(5);
        var batch = draws.Uniform(3 * from.Values, 0, 255);
        var (weight, bias) = (draws.Weight(7, 8), draws.Bias(7));

        var actual = LayerRig.Run(
            new Classifier("f", 7, 0.01, InitialBias: 0), 2, from, to, batch, ("f.weight", weight), ("f.bias", bias));

        Close.Relative(1e-6, LayerRig.Plain(from, batch, maps => maps.Connect(weight.Values, bias.Values, groups: 1)), actual);
    }
}
