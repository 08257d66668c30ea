using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Onnx.Tests.Support;

namespace AlexNetService.Onnx.Tests.Layers;

public sealed class ClassifierTranslationTests
{
    [Fact]
    public void Classifier_OddNumberOfClasses_ReadsBothColumns()
    {
        var (from, to) = (new Shape(8, 1, 1), new Shape(7, 1, 1));
        var draws = new Draws(5);
        var batch = draws.Uniform(3 * from.Values, 0, 255);
        var (weight, bias) = (draws.Weight(7, 8), draws.Bias(7));

        var actual = LayerRig.Run(
            new Classifier("f", 7, 0.01, InitialBias: 0), 2, from, to, batch, ("f.weight", weight), ("f.bias", bias));

        Close.Relative(1e-6, LayerRig.Plain(from, batch, maps => maps.Connect(weight.Values, bias.Values, groups: 1)), actual);
    }
}
