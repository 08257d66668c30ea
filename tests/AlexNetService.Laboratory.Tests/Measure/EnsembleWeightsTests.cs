using AlexNetService.Laboratory.Measure;
using AlexNetService.Training.Measuring;

namespace AlexNetService.Laboratory.Tests.Measure;

public sealed class EnsembleWeightsTests
{
    [Fact]
    public void Search_MembersThatAreRightInTurns_WeighsThemByHowOften()
    {
        // The likelihood w³ (1 - w) is largest at w = 3/4.
        var (mostly, seldom) = (RightIn(true, true, true, false), RightIn(false, false, false, true));

        var weights = EnsembleWeights.Search([mostly, seldom]);

        Assert.Equal(0.75, weights[0], 1e-4);
        Assert.Equal(0.25, weights[1], 1e-4);
    }

    [Fact]
    public void Search_MemberThatAddsNothing_IsLeftOut() =>
        Assert.Equal([1, 0], EnsembleWeights.Search([RightIn(true, true, true), RightIn(false, false, false)]));

    [Fact]
    public void Search_PhotographThatNobodyGetsRight_ChangesNothing() =>
        Assert.Equal([0.5, 0.5], EnsembleWeights.Search([RightIn(true, false, false), RightIn(false, true, false)]));

    private static Predictions RightIn(params bool[] photographs) =>
        Answers.Of([.. photographs.Select(right => (0, right ? (float[])[1, 0] : [0, 1]))]);
}
