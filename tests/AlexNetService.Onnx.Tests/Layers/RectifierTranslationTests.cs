using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Onnx.Tests.Support;

namespace AlexNetService.Onnx.Tests.Layers;

public sealed class RectifierTranslationTests
{
    [Fact]
    public void Rectifier_NegativeAndPositive_KeepsThePositive()
    {
        var shape = new Shape(2, 1, 2);

        var actual = LayerRig.Run(new Rectifier("r"), 2, shape, shape, [-255, -0.5f, 0, 255, 1e-20f, -1e-20f, 3, -3]);

        Assert.Equal([0, 0, 0, 255, 1e-20f, 0, 3, 0], actual);
    }
}
