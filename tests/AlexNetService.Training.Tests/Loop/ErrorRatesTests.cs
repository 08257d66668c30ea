using AlexNetService.Training.Loop;

namespace AlexNetService.Training.Tests.Loop;

public class ErrorRatesTests
{
    [Fact]
    public void Errors_OfFourPhotographs_AreTop1AndTop5()
    {
        var errors = new ErrorRates();

        errors.Add([0.9f, 0.1f, 0, 0, 0, 0, 0], label: 0);
        errors.Add([6, 5, 4, 3, 2, 1, 0], label: 4);
        errors.Add([6, 5, 4, 3, 2, 1, 0], label: 5);
        errors.Add([6, 5, 4, 3, 2, 1, 0], label: 1);

        Assert.Equal(0.75, errors.Top1);
        Assert.Equal(0.25, errors.Top5);
    }

    [Fact]
    public void Errors_OfEqualOrNaNScores_CountAsWrong()
    {
        var errors = new ErrorRates();

        errors.Add([0, 0, 0, 0, 0, 0], label: 0);
        errors.Add([float.NaN, float.NaN, float.NaN, float.NaN, float.NaN, float.NaN], label: 0);

        Assert.Equal(1, errors.Top1);
        Assert.Equal(1, errors.Top5);
    }
}
