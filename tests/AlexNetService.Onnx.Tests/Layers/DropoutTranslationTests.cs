using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Onnx.Graph;
using AlexNetService.Onnx.Layers;

namespace AlexNetService.Onnx.Tests.Layers;

public sealed class DropoutTranslationTests
{
    [Fact]
    public void Dropout_AfterTraining_WritesNothingAndPassesItsInputOn()
    {
        var empty = new NetworkArchitecture("rig", 2, new CropGeometry(1, 1), []);
        var writer = new GraphWriter(2, new NamedWeights(empty, new Dictionary<string, WeightTensor>()));
        var input = new Activation("in", new Shape(8, 1, 1), Flat: true);
        var row = new LayerRow(new Dropout("d", 0.5), input.Shape, input.Shape, Parameters: 0, MultiplyAdds: 0);

        Assert.Equal(input, LayerTranslation.Write(writer, row, input, "out"));
        Assert.Empty(writer.Graph.Node);
    }
}
