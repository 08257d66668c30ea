using AlexNetService.Inference.Ensembles;

namespace AlexNetService.Inference.Tests.Ensembles;

public sealed class FeatureVectorTests
{
    [Fact]
    public void Normalise_AVector_HasLengthOneAndZerosStay()
    {
        float[] vector = [3, 0, -4];
        float[] zeros = [0, 0];

        FeatureVector.Normalise(vector);
        FeatureVector.Normalise(zeros);

        Assert.Equal([0.6f, 0, -0.8f], vector);
        Assert.Equal([0f, 0], zeros);
    }
}
