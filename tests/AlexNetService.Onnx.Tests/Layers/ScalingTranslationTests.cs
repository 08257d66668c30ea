using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Onnx.Tests.Support;

namespace AlexNetService.Onnx.Tests.Layers;

public sealed class ScalingTranslationTests
{
    [Fact]
    public void Scaling_ByASixtyFourth_MultipliesEveryValue()
    {
        var shape = new Shape(2, 1, 2);

        var actual = LayerRig.Run(new Scaling("s", 1.0 / 64), 2, shape, shape, [-128, 64, 0, 1, 255, 32, 16, -1]);

        Assert.Equal([-2, 1, 0, 0.015625f, 3.984375f, 0.5f, 0.25f, -0.015625f], actual);
    }
}
