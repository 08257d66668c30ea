using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Onnx.Tests.Support;

namespace AlexNetService.Onnx.Tests.Layers;

public sealed class DenseTranslationTests
{
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
}
