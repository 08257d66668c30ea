using AlexNetService.Onnx.Quantized;
using AlexNetService.Onnx.Tests.Support;

namespace AlexNetService.Onnx.Tests.Quantized;

public sealed class ValueHistogramTests
{
    [Fact]
    public void Range_OfValuesThatAreEquallyFrequent_HoldsAllOfThem()
    {
        var histogram = new ValueHistogram();
        histogram.Add(new Draws(1).Uniform(100_000, 0, 7));

        var range = histogram.BestRange();

        Assert.Equal(0, range.Low);
        Assert.InRange(range.High, 6.9f, 7);
    }

    [Fact]
    public void Range_WithAFewFarValues_ClipsThem()
    {
        var histogram = new ValueHistogram();
        histogram.Add(new Draws(2).Uniform(1_000_000, 0, 1));
        histogram.Add([5]);

        // A million values cost t²/(12·255²) each and the far one (5 − t)²; together they are least at t = 10 / (2 + 10⁶/(6·255²)) = 2.19.
        Assert.Equal(2.19, histogram.BestRange().High, 0.01);
    }

    [Fact]
    public void Range_OfValuesOnBothSidesOfZero_HoldsBothSides()
    {
        var histogram = new ValueHistogram();
        histogram.Add(new Draws(3).Uniform(100_000, -120, 30));

        var range = histogram.BestRange();

        Assert.InRange(range.Low, -120, -118);
        Assert.InRange(range.High, 29.9f, 30);
        Assert.Equal(204, range.ZeroPoint, 1f); // 120 of 150
    }

    [Fact]
    public void Range_OfValuesThatGrowFromCallToCall_IsThatOfAllTogether()
    {
        var (at, once) = (new ValueHistogram(), new ValueHistogram());
        var values = Enumerable.Range(0, 12).Select(power => new Draws(power).Uniform(1000, 0, Math.Pow(2, power))).ToArray();
        foreach (var part in values)
        {
            at.Add(part);
        }

        once.Add(values.Reverse().SelectMany(part => part).ToArray());

        Assert.Equal(once.BestRange(), at.BestRange());
    }

    [Fact]
    public void Range_OfNothingButZeros_IsNoRangeAndHasAScaleAllTheSame()
    {
        var histogram = new ValueHistogram();
        histogram.Add(new float[10]);

        Assert.Equal(new TensorRange(0, 0), histogram.BestRange());
        Assert.Equal((1f, (byte)0), (histogram.BestRange().Scale, histogram.BestRange().ZeroPoint));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Values_ThatAreNoNumbers_AreRefused(float value) =>
        Assert.Throws<ArgumentException>(() => new ValueHistogram().Add([1, value]));
}
