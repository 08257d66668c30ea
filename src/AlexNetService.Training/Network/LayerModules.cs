using TorchSharp;
using static TorchSharp.torch;

namespace AlexNetService.Training.Network;

/// <summary>Translates one column's share of a layer into a TorchSharp module. The Onnx project has the translation to ONNX.</summary>
internal static class LayerModules
{
    public static nn.Module<Tensor, Tensor> Of(LayerRow row, int columns, Device device) => Translate(row, columns, device).to(device);

    private static nn.Module<Tensor, Tensor> Translate(LayerRow row, int columns, Device device) => row.Layer switch
    {
        Convolution layer => EdgePadded(layer, nn.Conv2d(
            layer.InputsOfAColumn(row.Input.Maps, columns),
            layer.Maps / columns,
            layer.Kernel,
            stride: layer.Stride,
            padding: layer.Padding)),
        Scaling layer => new Scale(layer),
        Standardisation layer => new Standardise(layer, device),
        Rectifier => nn.ReLU(),
        HyperbolicTangent => nn.Tanh(),
        LocalResponseNormalisation layer => new ResponseNormalisation(layer, row.Input.Maps / columns, device),
        MaxPooling layer => nn.MaxPool2d(layer.Window, stride: layer.Stride),
        Dense layer => Flattened(nn.Linear(layer.InputsOfAColumn(row.Input.Values, columns), layer.Units / columns), row.Input),
        Dropout layer => new ColumnDropout(layer),
        Classifier layer => Flattened(nn.Linear(row.Input.Values, layer.Classes), row.Input),
        var layer => throw new ArchitectureException($"{layer.Name}: a {layer.GetType().Name} has no TorchSharp module."),
    };

    private static nn.Module<Tensor, Tensor> Flattened(nn.Module<Tensor, Tensor> dense, Shape input) =>
        input is { Height: 1, Width: 1 } ? dense : nn.Sequential(("flatten", nn.Flatten()), ("dense", dense));

    private static nn.Module<Tensor, Tensor> EdgePadded(Convolution layer, nn.Module<Tensor, Tensor> convolution) =>
        layer.EdgePadding == 0 ? convolution
        : nn.Sequential(("edge", nn.ZeroPad2d((0, layer.EdgePadding, 0, layer.EdgePadding))), ("convolution", convolution));

    private sealed class Scale(Scaling layer) : nn.Module<Tensor, Tensor>(layer.Name)
    {
        // A field keeps the Scalar alive: an unreferenced one may be collected while libtorch still reads it.
        private readonly Scalar factor = layer.Factor.ToScalar();

        public override Tensor forward(Tensor input) => input.mul(factor);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                factor.Dispose();
            }

            base.Dispose(disposing);
        }
    }

    private sealed class Standardise(Standardisation layer, Device device) : nn.Module<Tensor, Tensor>(layer.Name)
    {
        private readonly Tensor deviations = tensor(
            layer.Deviations.ToArray(), [1, layer.Deviations.Count, 1, 1], ScalarType.Float32, device).DetachFromDisposeScope();

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return (input / deviations.to(input.dtype)).MoveToOuterDisposeScope();
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                deviations.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
