using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Weights;
using static TorchSharp.torch;

namespace AlexNetService.Training.Tests.Network;

/// <summary>A layer table as one undivided network, with grouped convolutions and TorchSharp's own response normalisation.</summary>
internal static class MergedNetwork
{
    public static Tensor Logits(NetworkArchitecture architecture, NamedWeights weights, Tensor maps)
    {
        foreach (var layer in architecture.Layers)
        {
            maps = layer switch
            {
                Convolution c => nn.functional.conv2d(
                    maps,
                    Value(weights, c.Name + ".weight"),
                    Value(weights, c.Name + ".bias"),
                    [c.Stride, c.Stride],
                    [c.Padding, c.Padding],
                    groups: c.Reads == Reads.OwnColumn ? architecture.Columns : 1),
                Scaling s => maps * s.Factor,
                Rectifier => nn.functional.relu(maps),
                LocalResponseNormalisation n => cat([.. maps.chunk(architecture.Columns, 1).Select(column => Library(n).call(column))], 1),
                MaxPooling p => nn.functional.max_pool2d(maps, p.Window, p.Stride),
                WeightedLayer d => nn.functional.linear(
                    maps.flatten(1), Value(weights, d.Name + ".weight"), Value(weights, d.Name + ".bias")),
                _ => maps,
            };
        }

        return maps;
    }

    /// <summary>TorchSharp's normalisation, which divides α by n, so α is multiplied by n here.</summary>
    public static TorchSharp.Modules.LocalResponseNorm Library(LocalResponseNormalisation layer) =>
        nn.LocalResponseNorm(layer.Maps, layer.Alpha * layer.Maps, layer.Beta, layer.K);

    private static Tensor Value(NamedWeights weights, string name) =>
        tensor(weights[name].Values).reshape([.. weights[name].Dimensions.Select(dimension => (long)dimension)]);
}
