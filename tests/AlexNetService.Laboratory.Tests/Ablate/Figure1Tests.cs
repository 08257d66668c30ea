using AlexNetService.Laboratory.Ablate;
using AlexNetService.Training.Loop;

namespace AlexNetService.Laboratory.Tests.Ablate;

/// <summary>The expected numbers were worked out by hand.</summary>
public sealed class Figure1Tests
{
    private const double Chance = 0.9;

    [Fact]
    public void EpochsTo_BetweenTwoEpochs_GoesEvenlyFromMiddleToMiddle()
    {
        // 0.5 at 0.5, 0.3 at 1.5, 0.2 at 2.5: 0.25 is half of the way from the second to the third.
        var epochs = Figure1Report.EpochsTo(Epochs(0.5, 0.3, 0.2), 0.25, Chance);

        Assert.Equal(2.0, epochs ?? 0, 12);
    }

    [Fact]
    public void EpochsTo_InTheFirstEpoch_FallsFromChance()
    {
        // 0.9 at 0, 0.1 at 0.5: 0.25 after 0.65/0.8 of half an epoch.
        var epochs = Figure1Report.EpochsTo(Epochs(0.1), 0.25, Chance);

        Assert.Equal(0.40625, epochs ?? 0, 12);
    }

    [Fact]
    public void EpochsTo_AnErrorThatStaysAbove_IsNone() => Assert.Null(Figure1Report.EpochsTo(Epochs(0.5, 0.3, 0.26), 0.25, Chance));

    [Fact]
    public void BestRate_OfASweep_IsTheFirstToArrive() => Assert.Equal(0.02, Figure1Report.BestRate(
    [
        new Figure1Run("relu", 0.01, 1, 4.5, 5, 0.24, Diverged: false),
        new Figure1Run("relu", 0.02, 1, 3.5, 4, 0.25, Diverged: false),
        new Figure1Run("relu", 0.04, 1, null, 0, null, Diverged: true),
    ]));

    [Fact]
    public void BestRate_WhereNoneArrived_IsTheOneWithTheLeastError() => Assert.Equal(0.01, Figure1Report.BestRate(
    [
        new Figure1Run("tanh", 0.01, 1, null, 5, 0.30, Diverged: false),
        new Figure1Run("tanh", 0.02, 1, null, 5, 0.35, Diverged: false),
        new Figure1Run("tanh", 0.04, 1, null, 1, 0.20, Diverged: true),
    ]));

    private static EpochResult[] Epochs(params double[] errors) =>
        [.. errors.Select((error, place) => new EpochResult(place + 1, 0.01, 1, error, null, null, 1, DateTimeOffset.UnixEpoch))];
}
