using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.ModelSpec.Tests.Architecture;

/// <summary>The names themselves are held against torchvision's where weights are imported, in the worker's tests.</summary>
public sealed class TorchvisionNamesTests
{
    [Fact]
    public void Names_OfEveryWeightOfThePreset_TranslateThereAndBack()
    {
        var ours = AlexNetLayers.AsTorchvision().Weights().Select(shape => shape.Name).ToArray();

        var theirs = ours.Select(TorchvisionNames.Theirs).ToArray();

        Assert.Equal(16, theirs.Distinct().Count());
        Assert.Equal(ours, theirs.Select(name => TorchvisionNames.Ours(name ?? "")));
    }

    [Theory]
    [InlineData("features.0.weight", "conv1.weight")]
    [InlineData("classifier.6.bias", "fc8.bias")]
    [InlineData("features.1.weight", null)]
    [InlineData("features.0.running_mean", null)]
    [InlineData("features.0", null)]
    [InlineData("weight", null)]
    [InlineData(".weight", null)]
    [InlineData("", null)]
    public void Name_OfTorchvision_BecomesOurs(string theirs, string? ours) => Assert.Equal(ours, TorchvisionNames.Ours(theirs));
}
