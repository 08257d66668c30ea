using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Onnx.Tests.Support;

namespace AlexNetService.Onnx.Tests.Layers;

public sealed class HyperbolicTangentTranslationTests
{
    [Fact]
    public void HyperbolicTangent_OfValues_IsTheirTanh()
    {
        var shape = new Shape(1, 1, 4);

        var actual = LayerRig.Run(new HyperbolicTangent("t"), 1, shape, shape, [0, 0.5f, -1, 20]);

        Close.Relative(1e-6, [0, 0.46211715726, -0.76159415596, 1], actual);
    }
}
