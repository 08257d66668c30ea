using AlexNetService.ModelSpec.Architecture;
using TorchSharp;
using static TorchSharp.torch;

namespace AlexNetService.Training.Network;

/// <summary>One column's share of a layer, as a TorchSharp module: the other translation of a layer record is the Onnx room's.</summary>
internal static class LayerModules
{
    public static nn.Module<Tensor, Tensor> Of(LayerRow row, int columns, Device device) => Translate(row, columns, device).to(device);

    private static nn.Module<Tensor, Tensor> Translate(LayerRow row, int columns, Device device) => row.Layer switch
    {
        Convolution layer => nn.Conv2d(
            layer.InputsOfAColumn(row.Input.Maps, columns), layer.Maps / columns, layer.Kernel, stride: layer.Stride, padding: layer.Padding),
        Scaling layer => new Scale(layer),
        Rectifier => nn.ReLU(),
        LocalResponseNormalisation layer => new ResponseNormalisation(layer, row.Input.Maps / columns, device),
        MaxPooling layer => nn.MaxPool2d(layer.Window, stride: layer.Stride),
        Dense layer => Flattened(nn.Linear(layer.InputsOfAColumn(row.Input.Values, columns), layer.Units / columns), row.Input),
        Dropout layer => new ColumnDropout(layer, device),
        Classifier layer => Flattened(nn.Linear(row.Input.Values, layer.Classes), row.Input),
        var layer => throw new ArchitectureException($"{layer.Name}: a {layer.GetType().Name} has no TorchSharp translation."),
    };

    private static nn.Module<Tensor, Tensor> Flattened(nn.Module<Tensor, Tensor> dense, Shape input) =>
        input is { Height: 1, Width: 1 } ? dense : nn.Sequential(("flatten", nn.Flatten()), ("dense", dense));

    /// <summary>Every value times the constant.</summary>
    private sealed class Scale(Scaling layer) : nn.Module<Tensor, Tensor>(layer.Name)
    {
        public override Tensor forward(Tensor input) => input * layer.Factor;
    }
}
