using AlexNetService.Training.Measuring;
using AlexNetService.Worker.Evaluate;

namespace AlexNetService.Worker.Tests.Evaluate;

public sealed class TemperatureFitTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    public void Temperature_OfTwoClasses_MakesTheModelAsSureAsItIsRight(int views)
    {
        // Always 4 ahead and right three times in four: 1 / (1 + exp(-4 / T)) = 3/4 where T = 4 / ln 3.
        float[] sure = [.. Enumerable.Repeat((float[])[4, 0], views).SelectMany(view => view)];

        var temperature = TemperatureFit.Of([sure, sure, sure, sure], [0, 0, 1, 0], classes: 2);

        Assert.Equal(4 / Math.Log(3), temperature ?? 0, 1e-3);
    }

    [Fact]
    public void Temperature_OfLogarithmsOfProbabilities_IsThatOfTheLogits()
    {
        float[][] logits = [[2, 0, -1], [1, 3, 0], [0, 0.5f, 2], [3, 1, 1]];
        float[][] logarithms = [.. logits.Select(row => ViewLogits.Probabilities(row, 3, 1).Select(value => MathF.Log(value)).ToArray())];
        int[] truth = [0, 1, 1, 0];

        var expected = TemperatureFit.Of(logits, truth, 3) ?? 0;

        Assert.InRange(expected, 0.2, 5);
        Assert.Equal(expected, TemperatureFit.Of(logarithms, truth, 3) ?? 0, 1e-3);
    }

    [Fact]
    public void Temperature_OfAModelThatIsAlwaysRight_IsNotFitted() =>
        Assert.Null(TemperatureFit.Of([[4, 0], [0, 4]], [0, 1], classes: 2));

    [Fact]
    public void Probabilities_OfViews_AreTheMeanOfTheirSoftmaxes()
    {
        // e^(ln 3 / 2) : 1 is √3 : 1 at T = 2; the other view is even.
        var probabilities = ViewLogits.Probabilities([MathF.Log(3), 0, 5, 5], classes: 2, temperature: 2);

        Assert.Equal(((Math.Sqrt(3) / (1 + Math.Sqrt(3))) + 0.5) / 2, probabilities[0], 1e-6);
        Assert.Equal(1, probabilities.Sum(), 1e-6f);
    }

    // −ln of the mean of exp(−1/T) / (exp(2/T) + 1 + exp(−1/T)) and exp(1/T) / (1 + exp(3/T) + exp(1/T)), worked out in Python.
    [Theory]
    [InlineData(0.5, 4.586800308)]
    [InlineData(1, 2.549731513)]
    [InlineData(3, 1.451469471)]
    public void NegativeLogLikelihood_IsThatOfTheMean(double temperature, double expected)
    {
        float[] views = [2, 0, -1, 0, 3, 1];

        Assert.Equal(expected, ViewLogits.NegativeLogLikelihood(views, 3, label: 2, temperature), 1e-8);
        Assert.Equal(Math.Exp(-expected), ViewLogits.Probabilities(views, 3, temperature)[2], 1e-6);
    }

    [Fact]
    public void NegativeLogLikelihood_OfWhatNoFloatHolds_IsStillANumber() =>
        Assert.Equal(8000, ViewLogits.NegativeLogLikelihood([1000, 0], 2, label: 1, temperature: 0.125), 1e-9);
}
