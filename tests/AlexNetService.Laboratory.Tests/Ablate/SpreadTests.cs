using AlexNetService.Laboratory.Ablate;

namespace AlexNetService.Laboratory.Tests.Ablate;

/// <summary>The expected numbers were worked out by hand.</summary>
public sealed class SpreadTests
{
    [Fact]
    public void Spread_OfThreeSeeds_IsMeanAndDeviationOverOneLess()
    {
        // Mean 0.15; squares of 0.05, 0, 0.05 over 2: 0.0025.
        var spread = Spread.Of([0.10, 0.15, 0.20]);

        Assert.Equal(3, spread?.Count);
        Assert.Equal(0.15, spread?.Mean ?? 0, 12);
        Assert.Equal(0.05, spread?.Deviation ?? 0, 12);
    }

    [Fact]
    public void Spread_OfOneSeed_HasNoDeviation() => Assert.Equal(new Spread(1, 0.2, null), Spread.Of([0.2]));

    [Fact]
    public void Spread_OfNothing_IsNone() => Assert.Null(Spread.Of([]));

    [Fact]
    public void Difference_OfSeparateRuns_AddsTheSquaredStandardErrors()
    {
        // √(0.03²/3 + 0.04²/4) = √(0.0003 + 0.0004) = 0.0264575…
        var difference = Difference.Of(new Spread(3, 0.20, 0.03), new Spread(4, 0.12, 0.04));

        Assert.Equal(0.08, difference?.Mean ?? 0, 12);
        Assert.Equal(0.026457513, difference?.StandardError ?? 0, 8);
        // 0.0007²/(0.0003²/2 + 0.0004²/3) = 4.983; t of 4 degrees is 2.776, the difference 3.02 standard errors.
        Assert.Equal(4.983051, difference?.Freedom ?? 0, 6);
        Assert.Equal("clear", difference?.Verdict);
    }

    [Fact]
    public void Difference_OfTheSameNetworks_IsOfTheirOwnDifferences()
    {
        // Differences −0.01, −0.02, −0.03: deviation 0.01, over √3.
        var difference = Difference.OfPairs([-0.01, -0.02, -0.03]);

        Assert.Equal(-0.02, difference?.Mean ?? 0, 12);
        Assert.Equal(0.005773503, difference?.StandardError ?? 0, 8);
        // 3.46 standard errors; t of 2 degrees is 4.303.
        Assert.Equal("within the spread", difference?.Verdict);
    }

    /// <summary>Against Student's t as printed tables have it: 12.706 for 1 degree, 2.776 for 4, 2.228 for 10, 2.086 for 20.</summary>
    [Theory]
    [InlineData(0.127, 0.01, 1.0, "within the spread")]
    [InlineData(-0.128, 0.01, 1.0, "clear")]
    [InlineData(0.0277, 0.01, 4.9, "within the spread")]
    [InlineData(0.0278, 0.01, 4.0, "clear")]
    [InlineData(0.0222, 0.01, 15.0, "within the spread")]
    [InlineData(0.0209, 0.01, 300.0, "clear")]
    [InlineData(0.5, null, null, "one seed")]
    public void Verdict_OfADifference_IsHeldAgainstStudentsT(double mean, double? error, double? freedom, string verdict) =>
        Assert.Equal(verdict, new Difference(mean, error, freedom).Verdict);

    [Fact]
    public void Difference_WhereEverySeedDiverged_IsNone() => Assert.Null(Difference.Of(null, new Spread(3, 0.1, 0.01)));
}
