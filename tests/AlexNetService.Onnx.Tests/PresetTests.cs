using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Onnx.Tests.Support;

namespace AlexNetService.Onnx.Tests;

/// <summary>Both presets, whole: built, loaded and run, against the network written out layer by layer.</summary>
public sealed class PresetTests
{
    private static readonly double[] Mean = [123.7, 116.3, 103.5];

    [Theory]
    [InlineData(AlexNetLayers.AlexNet, 1000)]
    [InlineData(AlexNetLayers.Cifar, 10)]
    public void Preset_OneCrop_MatchesTheNetworkWrittenOut(string preset, int classes)
    {
        var architecture = AlexNetLayers.Find(preset, classes)!;
        var draws = new Draws(7);
        var weights = draws.Weights(architecture);
        var crop = architecture.Geometry.Crop;
        var pixels = draws.Pixels(3 * crop * crop);

        using var runtime = new RuntimeGraph(AlexNetGraph.Build(architecture, weights, Mean));
        var actual = runtime.Run("image", pixels, [1, 3, crop, crop], ["logits", "probabilities", "features"]);

        var (features, logits) = WrittenOut(architecture, weights, pixels);
        Close.Relative(1e-5, features.Values, actual[2]);
        Close.Relative(1e-5, logits.Values, actual[0]);
        Close.Relative(1e-4, logits.Softmax(), actual[1]);
    }

    private static (Maps Features, Maps Logits) WrittenOut(NetworkArchitecture architecture, NamedWeights weights, byte[] pixels)
    {
        var (side, stride) = (architecture.Geometry.Crop, architecture.Preset == AlexNetLayers.AlexNet ? 4 : 1);
        var (kernel1, plane) = (architecture.Preset == AlexNetLayers.AlexNet ? 11 : 5, side * side);
        var image = new Maps([.. pixels.Select((pixel, i) => pixel - (double)(float)Mean[i / plane])], 3, side, side);

        var maps = Convolve(image, "conv1", kernel1, stride, padding: 0, groups: 1).Rectify().Normalise(2, 5, 2, 1e-4, 0.75).Pool(3, 2);
        maps = Convolve(maps, "conv2", 5, 1, padding: 2, groups: 2).Rectify().Normalise(2, 5, 2, 1e-4, 0.75).Pool(3, 2);
        maps = Convolve(maps, "conv3", 3, 1, padding: 1, groups: 1).Rectify();
        maps = Convolve(maps, "conv4", 3, 1, padding: 1, groups: 2).Rectify();
        maps = Convolve(maps, "conv5", 3, 1, padding: 1, groups: 2).Rectify().Pool(3, 2);
        var features = Connect(Connect(maps, "fc6").Rectify(), "fc7").Rectify();
        return (features, Connect(features, "fc8"));

        Maps Convolve(Maps input, string name, int kernel, int step, int padding, int groups) =>
            input.Convolve(weights[name + ".weight"].Values, weights[name + ".bias"].Values, kernel, step, padding, groups);

        Maps Connect(Maps input, string name) => input.Connect(weights[name + ".weight"].Values, weights[name + ".bias"].Values, groups: 1);
    }
}
