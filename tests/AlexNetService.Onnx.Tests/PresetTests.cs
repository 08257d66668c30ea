using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Onnx.Tests.Support;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace AlexNetService.Onnx.Tests;

/// <summary>Presets, whole, in ONNX Runtime.</summary>
public sealed class PresetTests(PresetTests.Built built) : IClassFixture<PresetTests.Built>
{
    private static readonly double[] Mean = [123.7, 116.3, 103.5];
    private static readonly string[] Outputs = ["logits", "probabilities", "features"];

    [Theory]
    [InlineData(AlexNetLayers.AlexNet, 227, 4096, 1000)]
    [InlineData(AlexNetLayers.Cifar, 28, 512, 10)]
    [InlineData(AlexNetLayers.Small, 56, 1024, 200)]
    public void Preset_Loaded_DeclaresItsTensors(string preset, int crop, int features, int classes)
    {
        var session = built.Runtime(preset).Session;

        var image = Assert.Single(session.InputMetadata);
        Assert.Equal(("image", TensorElementType.UInt8), (image.Key, image.Value.ElementDataType));
        Assert.Equal([-1, 3, crop, crop], image.Value.Dimensions);
        Assert.Equal(["N", "", "", ""], image.Value.SymbolicDimensions);
        Assert.Equal(["features", "logits", "probabilities"], session.OutputMetadata.Keys.Order());
        Assert.All(session.OutputMetadata.Values, value => Assert.Equal(TensorElementType.Float, value.ElementDataType));
        Assert.Equal([-1, classes], session.OutputMetadata["logits"].Dimensions);
        Assert.Equal([-1, classes], session.OutputMetadata["probabilities"].Dimensions);
        Assert.Equal([-1, features], session.OutputMetadata["features"].Dimensions);
        Assert.Equal(preset, session.ModelMetadata.CustomMetadataMap["preset"]);
    }

    [Theory]
    [InlineData(AlexNetLayers.AlexNet)]
    [InlineData(AlexNetLayers.Cifar)]
    public void Preset_OneCrop_MatchesTheNetworkWrittenOut(string preset)
    {
        var (architecture, weights) = (built.Architecture(preset), built.Weights(preset));
        var pixels = Crops(architecture, count: 1, seed: 20);

        var actual = Run(preset, pixels, 1);

        var (features, logits) = WrittenOut(architecture, weights, pixels);
        Close.Relative(1e-5, features.Values, actual[2]);
        Close.Relative(1e-5, logits.Values, actual[0]);
        Close.Relative(1e-4, logits.Softmax(), actual[1]);
    }

    [Theory]
    [InlineData(AlexNetLayers.AlexNet, 3)]
    [InlineData(AlexNetLayers.Cifar, 3)]
    [InlineData(AlexNetLayers.Cifar, 10)]
    public void Preset_Batch_GivesWhatTheCropsGiveAlone(string preset, int count)
    {
        var architecture = built.Architecture(preset);
        var (pixels, one) = (Crops(architecture, count, seed: 21), 3 * architecture.Geometry.Crop * architecture.Geometry.Crop);

        var together = Run(preset, pixels, count);

        for (var n = 0; n < count; n++)
        {
            var alone = Run(preset, pixels[(n * one)..((n + 1) * one)], 1);
            for (var output = 0; output < Outputs.Length; output++)
            {
                var width = alone[output].Length;
                double[] expected = [.. alone[output]];
                Close.Relative(1e-5, expected, together[output].AsSpan(n * width, width));
            }
        }
    }

    [Theory]
    [InlineData(AlexNetLayers.AlexNet, 10)]
    [InlineData(AlexNetLayers.Cifar, 10)]
    public void Preset_TenCrops_GivesTenDistributionsThatDependOnTheCrop(string preset, int count)
    {
        var architecture = built.Architecture(preset);

        var probabilities = Run(preset, Crops(architecture, count, seed: 22), count)[1].Chunk(architecture.Classes).ToArray();

        Assert.Equal(count, probabilities.Length);
        Assert.All(probabilities, distribution => Assert.Equal(1.0, distribution.Sum(p => (double)p), 1e-5));
        // At least a hundredth of the mass moves from one crop to the next.
        Assert.All(probabilities.Zip(probabilities.Skip(1)), pair => Assert.True(
            pair.First.Zip(pair.Second, (a, b) => Math.Abs(a - b)).Sum() > 0.01f));
    }

    [Fact]
    public void Normalisation_InThePreset_ChangesTheLogits()
    {
        // The comparison with the written-out network would not notice a wrong α if the sum of squares were small.
        var (architecture, weights) = (built.Architecture(AlexNetLayers.Cifar), built.Weights(AlexNetLayers.Cifar));
        var pixels = Crops(architecture, count: 1, seed: 23);

        var (_, right) = WrittenOut(architecture, weights, pixels);
        var (_, wrong) = WrittenOut(architecture, weights, pixels, wrongAlphaBy: 0.2);

        var scale = right.Values.Max(Math.Abs);
        Assert.True(right.Values.Zip(wrong.Values, (a, b) => Math.Abs(a - b)).Max() > 0.1 * scale);
    }

    private static byte[] Crops(NetworkArchitecture architecture, int count, int seed) =>
        new Draws(seed).Pixels(count * 3 * architecture.Geometry.Crop * architecture.Geometry.Crop);

    private float[][] Run(string preset, byte[] pixels, int count)
    {
        var crop = built.Architecture(preset).Geometry.Crop;
        return built.Runtime(preset).Run("image", pixels, [count, 3, crop, crop], Outputs);
    }

    private static (Maps Features, Maps Logits) WrittenOut(
        NetworkArchitecture architecture, NamedWeights weights, byte[] pixels, double wrongAlphaBy = 1)
    {
        var (side, plane) = (architecture.Geometry.Crop, architecture.Geometry.Crop * architecture.Geometry.Crop);
        var isSmall = architecture.Preset == AlexNetLayers.Cifar;
        var (scale, alpha) = isSmall ? (1.0 / 64, 0.1 * wrongAlphaBy) : (1, 1e-4 * wrongAlphaBy);
        var image = new Maps([.. pixels.Select((pixel, i) => (pixel - Mean[i / plane]) * scale)], 3, side, side);
        var features = Connect(Connect(isSmall ? Small(image) : Paper(image), "fc6").Rectify(), "fc7").Rectify();
        return (features, Connect(features, "fc8"));

        Maps Paper(Maps input)
        {
            var maps = Normalised(Convolve(input, "conv1", 11, 4, padding: 0, groups: 1)).Pool(3, 2);
            maps = Normalised(Convolve(maps, "conv2", 5, 1, padding: 2, groups: 2)).Pool(3, 2);
            maps = Convolve(maps, "conv3", 3, 1, padding: 1, groups: 1).Rectify();
            maps = Convolve(maps, "conv4", 3, 1, padding: 1, groups: 2).Rectify();
            return Convolve(maps, "conv5", 3, 1, padding: 1, groups: 2).Rectify().Pool(3, 2);
        }

        Maps Small(Maps input)
        {
            var maps = Normalised(Convolve(input, "conv1", 3, 1, padding: 0, groups: 1));
            maps = Normalised(Convolve(maps, "conv2", 3, 1, padding: 0, groups: 2)).Pool(3, 2);
            maps = Convolve(maps, "conv3", 3, 1, padding: 1, groups: 1).Rectify().Pool(3, 2);
            maps = Convolve(maps, "conv4", 3, 1, padding: 1, groups: 2).Rectify();
            return Convolve(maps, "conv5", 3, 1, padding: 1, groups: 2).Rectify().Pool(3, 2);
        }

        Maps Normalised(Maps input) => input.Rectify().Normalise(2, 5, 2, alpha, 0.75);

        Maps Convolve(Maps input, string name, int kernel, int step, int padding, int groups) =>
            input.Convolve(weights[name + ".weight"].Values, weights[name + ".bias"].Values, kernel, step, padding, groups);

        Maps Connect(Maps input, string name) => input.Connect(weights[name + ".weight"].Values, weights[name + ".bias"].Values, groups: 1);
    }

    /// <summary>Presets with random weights, built and loaded once.</summary>
    public sealed class Built : IDisposable
    {
        private readonly Dictionary<string, (NetworkArchitecture Architecture, NamedWeights Weights, RuntimeGraph Runtime)> presets;

        public Built()
        {
            presets = new[] { AlexNetLayers.ForImageNet(), AlexNetLayers.For64(), AlexNetLayers.ForCifar() }.ToDictionary(
                architecture => architecture.Preset,
                architecture =>
                {
                    var weights = new Draws(7).Weights(architecture);
                    return (architecture, weights, new RuntimeGraph(OneFileGraph.Build(architecture, weights, Mean)));
                });
        }

        internal NetworkArchitecture Architecture(string preset) => presets[preset].Architecture;

        internal NamedWeights Weights(string preset) => presets[preset].Weights;

        internal RuntimeGraph Runtime(string preset) => presets[preset].Runtime;

        public void Dispose()
        {
            foreach (var (_, _, runtime) in presets.Values)
            {
                runtime.Dispose();
            }
        }
    }
}
