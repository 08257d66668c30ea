using AlexNetService.Laboratory.Measure;
using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Laboratory.Tests.Measure;

public sealed class ActivationStatisticsTests
{
    [Fact]
    public void Statistics_OfFourValues_AreThoseByHand()
    {
        var found = ActivationStatistics.Of(new Rectifier("relu1"), [0, 4, 0, 2]);

        Assert.Equal((1.5, 0.5), (found.Mean, found.Zeros));
        Assert.Equal(Math.Sqrt(2.75), found.Deviation, 1e-12);
        Assert.Equal([2, 4], found.Positive);
        Assert.Equal((4, 4), (found.Quantile(0.5), found.Quantile(1)));
    }
}
