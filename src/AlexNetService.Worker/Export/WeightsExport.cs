using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Weights;

namespace AlexNetService.Worker.Export;

/// <summary>Weights → one safetensors file that <c>alexnet import</c>, Python and others read.</summary>
internal static class WeightsExport
{
    /// <param name="source">What is exported.</param>
    /// <param name="path">The file; its folder is made where it is missing.</param>
    /// <param name="torchvision">Whether the tensors get torchvision's names, which its <c>load_state_dict</c> takes.</param>
    /// <exception cref="InputException">Torchvision has no names for this preset.</exception>
    public static void Write(ExportSource source, string path, bool torchvision)
    {
        if (torchvision && source.Architecture.Preset != AlexNetLayers.Torchvision)
        {
            throw new InputException(
                $"Torchvision has no network like '{source.Architecture.Preset}'; only {AlexNetLayers.Torchvision} has its names.");
        }

        if (Path.GetDirectoryName(path) is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
        }

        var weights = new PortableWeights(source.Architecture, source.Weights, source.Colours.Mean, source.Labels)
        {
            MeanImage = source.Colours.MeanImage,
        };
        weights.ToFile(name => torchvision ? TorchvisionNames.Theirs(name) ?? name : name).Write(path);
    }
}
