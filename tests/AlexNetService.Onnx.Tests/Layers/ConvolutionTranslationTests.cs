using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Onnx.Tests.Support;

namespace AlexNetService.Onnx.Tests.Layers;

public sealed class ConvolutionTranslationTests
{
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
}
