using AlexNetService.Training.Measuring;

namespace AlexNetService.Training.Tests.Measuring;

/// <summary>Errors counted from predictions, against tables made by hand.</summary>
public sealed class PredictionsTests
{
    // a: right, taken for b, taken for b; b: right; c: taken for a. Class d has no photograph.
    private static readonly Predictions Five = Answers.Of(
        (0, [0.7f, 0.1f, 0.1f, 0.1f]),
        (0, [0.2f, 0.6f, 0.1f, 0.1f]),
        (0, [0.05f, 0.9f, 0.03f, 0.02f]),
        (1, [0.1f, 0.8f, 0.05f, 0.05f]),
        (2, [0.5f, 0.2f, 0.2f, 0.1f]));

    [Theory]
    [InlineData(new float[] { 0.2f, 0.5f, 0.3f }, 1, 1)]
    [InlineData(new float[] { 0.2f, 0.5f, 0.3f }, 0, 1)]
    [InlineData(new float[] { 0.4f, 0.4f, 0.2f }, 0, 1)]
    [InlineData(new float[] { 0.4f, 0.4f, 0.2f }, 1, 0)]
    [InlineData(new float[] { 0.3f, 0.3f, 0.4f }, 2, 2)]
    public void Predicted_OfEquallyProbableClasses_IsNeverTheRightOne(float[] probabilities, int truth, int expected)
    {
        var one = Answers.Of((truth, probabilities));

        Assert.Equal(expected, one.Predicted(0));
        Assert.Equal(expected == truth ? 0 : 1, one.Errors().Top1);
    }

    [Fact]
    public void Confusion_CountsEveryPhotographOnce()
    {
        int[][] expected = [[1, 2, 0, 0], [0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]];

        Assert.Equal(expected, Five.Confusion());
    }

    [Fact]
    public void Classes_AreListedWorstFirstWithWhatTheyAreTakenFor()
    {
        var classes = ClassErrors.Of(Five);

        Assert.Equal(
            [new ClassErrors("c", 1, 1, 0, "a"), new ClassErrors("a", 3, 2 / 3.0, 0, "b"), new ClassErrors("b", 1, 0, 0)], classes);
    }

    [Fact]
    public void ConfidentErrors_AreTheSurestOnesSurestFirst() => Assert.Equal(
        [new ConfidentError("2.png", "a", "b", 0.9f), new ConfidentError("1.png", "a", "b", 0.6f)], ConfidentError.Of(Five, 2));

    [Fact]
    public void Mean_OfTwoModels_WeighsTheirProbabilities()
    {
        var (one, two) = (Answers.Of((0, [0.8f, 0.2f])), Answers.Of((0, [0.2f, 0.8f])));

        var mean = Predictions.Mean([one, two], [3, 1]);

        // (3 · 0.8 + 0.2) / 4 = 0.65.
        Assert.Equal(0.65f, mean.Probabilities[0][0], 1e-6f);
        Assert.Equal(0.35f, mean.Probabilities[0][1], 1e-6f);
    }

    [Fact]
    public void Quality_OfFourAnswers_IsTheOneWorkedOutByHand()
    {
        // Bin (12/15, 13/15]: 0.85 right, 0.82 wrong: confidence 0.835, accuracy 0.5. Bin (9/15, 10/15]: 0.65 right and 0.62 right:
        // confidence 0.635, accuracy 1. ECE = (2 · 0.335 + 2 · 0.365) / 4 = 0.35.
        var quality = Quality.Of(Answers.Of((0, [0.85f, 0.15f]), (1, [0.82f, 0.18f]), (0, [0.65f, 0.35f]), (1, [0.38f, 0.62f])));

        Assert.Equal(0.25, quality.Top1Error);
        Assert.Equal(0.35, quality.Ece, 1e-6);
        Assert.Equal(-(Math.Log(0.85) + Math.Log(0.18) + Math.Log(0.65) + Math.Log(0.62)) / 4, quality.Nll, 1e-6);
        Assert.Equal([2, 2], quality.Reliability.Where(bin => bin.Photographs > 0).Select(bin => bin.Photographs));
    }

    [Fact]
    public void Reliability_OnTheEdgeOfABin_BelongsToTheLowerOne()
    {
        var bins = Quality.Of(Answers.Of((0, [0.6f, 0.4f]), (0, [1, 0]))).Reliability;

        // 0.6 = 9/15 closes the ninth bin (a float's 0.6 lies just above); 1 lies in the last one.
        Assert.Equal(1, bins[9].Photographs);
        Assert.Equal(1, bins[14].Photographs);
    }
}
