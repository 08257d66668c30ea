using AlexNetService.Training.Loop;

namespace AlexNetService.Training.Tests.Loop;

public class LearningRatesTests
{
    private static readonly TrainingRecipe Recipe = new() { LearningRate = 0.01, Epochs = 100 };

    [Theory]
    [InlineData(0, 0, 0.01)]
    [InlineData(2, 0.5, 0.025)]
    [InlineData(5, 0, 0.04)]
    [InlineData(50, 0, 0.04)]
    public void Rate_OfALargerBatch_GrowsInFiveEpochsInProportion(int epoch, double through, double rate)
    {
        var recipe = Recipe with { Schedule = LearningRateSchedule.Constant, BatchSize = 512, RateBatch = 128 };

        Assert.Equal(rate, LearningRates.At(recipe, epoch, through, []), 1e-12);
        Assert.Null(recipe.Broken());
        Assert.Contains("use 1 to the batch, 64", (recipe with { BatchSize = 64 }).Broken(), StringComparison.Ordinal);
    }

    [Fact]
    public void Plateau_WhileTheErrorFalls_KeepsTheRate()
    {
        Assert.Equal(0.01, LearningRates.At(Recipe, 6, 0, [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]));
    }

    [Fact]
    public void Plateau_AfterFourEpochsWithoutImprovement_DividesByTenEachTime()
    {
        Assert.Equal(0.01, LearningRates.At(Recipe, 4, 0, [0.5, 0.5, 0.5, 0.5]), 1e-12);
        Assert.Equal(0.001, LearningRates.At(Recipe, 5, 0, [0.5, 0.5, 0.5, 0.5, 0.5]), 1e-12);
        Assert.Equal(0.0001, LearningRates.At(Recipe, 9, 0, [.. Enumerable.Repeat(0.5, 9)]), 1e-12);
    }

    [Fact]
    public void Plateau_AfterThreeDrops_KeepsTheRate()
    {
        Assert.Equal(0.00001, LearningRates.At(Recipe, 60, 0, [.. Enumerable.Repeat(0.5, 60)]), 1e-12);
    }

    [Theory]
    [InlineData(LearningRateSchedule.Steps, 0, 0.01)]
    [InlineData(LearningRateSchedule.Steps, 59, 0.01)]
    [InlineData(LearningRateSchedule.Steps, 60, 0.001)]
    [InlineData(LearningRateSchedule.Steps, 85, 0.0001)]
    [InlineData(LearningRateSchedule.Constant, 99, 0.01)]
    [InlineData(LearningRateSchedule.Cosine, 0, 0.01)]
    [InlineData(LearningRateSchedule.Cosine, 50, 0.005)]
    [InlineData(LearningRateSchedule.Linear, 0, 0.001)]
    [InlineData(LearningRateSchedule.Linear, 5, 0.01)]
    public void Rate_OfASchedule_FollowsItsDefinition(LearningRateSchedule schedule, int epoch, double rate)
    {
        Assert.Equal(rate, LearningRates.At(Recipe with { Schedule = schedule }, epoch, 0, []), 1e-12);
    }

    [Theory]
    [InlineData(2, 0.5, 0.0055)]
    [InlineData(52, 0.5, 0.005)]
    [InlineData(99, 0.9, 0.00005)]
    public void Linear_InTheMiddleOfAnEpoch_ChangesStepByStep(int epoch, double through, double rate) =>
        Assert.Equal(rate, LearningRates.At(Recipe with { Schedule = LearningRateSchedule.Linear }, epoch, through, []), 1e-12);
}
