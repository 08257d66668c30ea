using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Weights;

namespace AlexNetService.ModelSpec.Tests.Weights;

public sealed class NamedWeightsTests
{
    private static readonly NetworkArchitecture Architecture = AlexNetLayers.ForCifar();

    [Fact]
    public void Weights_ThatFit_AreFoundByName()
    {
        var tensors = Zeros();

        Assert.Same(tensors["fc8.bias"], new NamedWeights(Architecture, tensors)["fc8.bias"]);
    }

    [Fact]
    public void Weights_OneMissing_NamesIt()
    {
        var tensors = Zeros();
        tensors.Remove("conv3.bias");

        AssertRefused("Weight conv3.bias of 'alexnet-cifar' is missing", tensors);
    }

    [Fact]
    public void Weights_OtherDimensions_NamesBoth()
    {
        var tensors = Zeros();
        tensors["fc8.weight"] = new WeightTensor([12, 512], new float[12 * 512]);

        AssertRefused("Weight fc8.weight has dimensions [12,512] where 'alexnet-cifar' has [10,512]", tensors);
    }

    [Fact]
    public void Weights_TooFewValues_NamesBothNumbers()
    {
        var tensors = Zeros();
        tensors["fc8.weight"] = new WeightTensor([10, 512], new float[5119]);

        AssertRefused("Weight fc8.weight has 5119 values; its dimensions need 5120", tensors);
    }

    private static void AssertRefused(string reason, Dictionary<string, WeightTensor> tensors)
    {
        var refused = Assert.Throws<ArchitectureException>(() => new NamedWeights(Architecture, tensors));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, WeightTensor> Zeros() => Architecture.Weights().ToDictionary(
        shape => shape.Name,
        shape => new WeightTensor(shape.Dimensions, new float[shape.Dimensions.Aggregate(1, (product, d) => product * d)]));
}
