using AlexNetService.Laboratory.Measure;

namespace AlexNetService.Laboratory.Tests.Measure;

public sealed class OtherPhotographsTests
{
    [Fact]
    public void Confidence_IsTheMeanOfTheFirstAndTheShareOfNineTenths()
    {
        var confidence = Confidence.Of(Answers.Of(
            (0, [0.7f, 0.3f]), (0, [0.4f, 0.6f]), (0, [0.1f, 0.9f]), (1, [0.2f, 0.8f]), (1, [0.5f, 0.5f])));

        Assert.Equal((0.7 + 0.6 + 0.9 + 0.8 + 0.5) / 5, confidence.MeanTop, 1e-6);
        Assert.Equal(0.2, confidence.VerySure);
    }
}
