using AlexNetService.Training.Loop;
using static TorchSharp.torch;

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

    [Theory]
    [InlineData(3)]
    [InlineData(10)]
    public void Counts_OfABatch_AreThoseOfItsPhotographs(int classes)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);

        // Whole numbers have many ties; one photograph has NaN for its label, one for another class.
        var logits = randint(0, 12, [200, classes], ScalarType.Float32, generator: generator);
        var labels = arange(200, dtype: ScalarType.Int64) % classes;
        logits[7, 7 % classes] = tensor(float.NaN);
        logits[8, 9 % classes] = tensor(float.NaN);
        var (one, batch) = (new ErrorRates(), new ErrorRates());
        for (var i = 0; i < 200; i++)
        {
            one.Add(logits[i].data<float>().ToArray(), (int)labels[i].item<long>());
        }

        batch.Add(200, ErrorRates.CountRight(logits, labels).data<float>().ToArray());

        Assert.InRange(one.Top1Right, 1, 199);
        Assert.Equal((one.Images, one.Top1Right, one.Top5Right), (batch.Images, batch.Top1Right, batch.Top5Right));
    }
}
