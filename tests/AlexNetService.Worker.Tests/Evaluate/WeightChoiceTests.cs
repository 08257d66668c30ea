using AlexNetService.Worker.Evaluate;

namespace AlexNetService.Worker.Tests.Evaluate;

public sealed class WeightChoiceTests
{
    [Theory]
    [InlineData("0.6,0.4", new[] { 0.6, 0.4 })]
    [InlineData("3,1", new[] { 0.75, 0.25 })]
    [InlineData("1,0", new[] { 1.0, 0 })]
    public void Choice_OfNumbers_SumsToOne(string text, double[] expected) => Assert.Equal(expected, WeightChoice.Parse(text, 2).Given);

    [Theory]
    [InlineData("0.6", "1 numbers for 2 models")]
    [InlineData("a,b", "takes 'search' or numbers such as 0.6,0.4, not 'a,b'")]
    [InlineData("2,-1", "must not be below 0")]
    [InlineData("0,0", "nor all 0")]
    [InlineData("NaN,1", "not 'NaN,1'")]
    public void Choice_ThatCannotBeUsed_SaysWhy(string text, string reason) => Assert.Contains(
        reason, Assert.Throws<InputException>(() => WeightChoice.Parse(text, 2)).Message, StringComparison.Ordinal);

    [Fact]
    public void Choice_OfOneModel_HasNoWeights() => Assert.Throws<InputException>(() => WeightChoice.Parse("search", 1));

    [Theory]
    [InlineData(5, 100, new[] { 0, 2, 4 }, new[] { 1, 3 })]
    [InlineData(10, 4, new[] { 0, 5 }, new[] { 2, 7 })]
    public void Split_OfPhotographs_TakesTurnsOverTheWhole(int photographs, long mostLogits, int[] fitted, int[] measured)
    {
        var split = CalibrationSplit.Of(photographs, logits: 1, mostLogits);

        Assert.Equal(fitted, split.Fitted);
        Assert.Equal(measured, split.Measured);
    }
}
