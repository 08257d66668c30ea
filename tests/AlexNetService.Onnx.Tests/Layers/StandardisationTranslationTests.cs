using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Onnx.Tests.Support;

namespace AlexNetService.Onnx.Tests.Layers;

public sealed class StandardisationTranslationTests
{
    [Fact]
    public void Standardisation_OfThreeChannels_DividesEachByItsOwn()
    {
        var shape = new Shape(3, 1, 2);

        var actual = LayerRig.Run(new Standardisation("s", [1, 2, -0.5]), 1, shape, shape, [3, 4, 3, 4, 3, 4]);

        Assert.Equal([3, 4, 1.5f, 2, -6, -8], actual);
    }
}
