using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Network;
using static TorchSharp.torch;

namespace AlexNetService.Training.Tests.Network;

public class ColumnNetworkTests
{
    [Theory]
    [InlineData(AlexNetLayers.AlexNet, 1000, 2)]
    [InlineData(AlexNetLayers.Cifar, 10, 8)]
    [InlineData(AlexNetLayers.Small, 200, 4)]
    public void TwoColumns_OnOneDevice_EqualTheMergedGroupedNetwork(string preset, int classes, int crops)
    {
        var architecture = Tables.Preset(preset, classes);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var network = new ColumnNetwork(architecture, ColumnPlacement.OnCpu(2));
        ColumnWeights.Initialise(network, seed: 1);
        network.eval();
        using var generator = new Generator(7);
        var input = (rand(crops, 3, architecture.Geometry.Crop, architecture.Geometry.Crop, generator: generator) * 255) - 120;

        var actual = network.call(input);
        var expected = MergedNetwork.Logits(architecture, ColumnWeights.Merge(network), input);

        var difference = ((actual - expected).abs().max() / expected.abs().max()).item<float>();
        Assert.True(difference <= 1e-5, $"relative difference {difference:E2}");
        Assert.True(expected.std().item<float>() > 1e-3, "all logits are the same, so the comparison proves nothing");
    }

    [Fact]
    public void Network_OfEachPreset_HasAsManyParametersAsTheTable()
    {
        foreach (var architecture in (NetworkArchitecture[])[AlexNetLayers.ForImageNet(), AlexNetLayers.ForCifar()])
        {
            using var network = new ColumnNetwork(architecture, ColumnPlacement.OnCpu(2));

            Assert.Equal(architecture.Rows().Sum(row => row.Parameters), network.parameters().Sum(parameter => parameter.numel()));
        }
    }

    [Fact]
    public void Weights_MergedAndLoadedAgain_AreTheSame()
    {
        var architecture = AlexNetLayers.ForCifar(7);
        using var one = new ColumnNetwork(architecture, ColumnPlacement.OnCpu(2));
        using var other = new ColumnNetwork(architecture, ColumnPlacement.OnCpu(2));
        ColumnWeights.Initialise(one, seed: 3);

        ColumnWeights.Load(other, ColumnWeights.Merge(one));

        foreach (var (mine, theirs) in one.parameters().Zip(other.parameters()))
        {
            Assert.True(mine.equal(theirs).all().item<bool>());
        }
    }

    [Fact]
    public void Modules_OfTwoColumns_CarryTheColumnInTheirNames()
    {
        using var network = new ColumnNetwork(AlexNetLayers.ForCifar(), ColumnPlacement.OnCpu(2));

        var names = network.named_children().Select(child => child.name).ToArray();

        Assert.Contains("conv1a", names);
        Assert.Contains("conv1b", names);
        Assert.Contains("fc8", names);
    }

    [Fact]
    public void Column_OfALayerThatReadsItsOwn_DoesNotDependOnTheOther()
    {
        var architecture = new NetworkArchitecture("own", 2, new CropGeometry(8, 8),
        [
            new Convolution("conv1", 4, 3, 1, 0, Reads.Image, 0.1, 0),
            new Convolution("conv2", 4, 3, 1, 0, Reads.OwnColumn, 0.1, 0),
            new Dense("fc1", 4, Reads.OwnColumn, 0.1, 0),
            new Classifier("fc2", 2, 0.1, 0),
        ]);
        using var scope = NewDisposeScope();
        using var network = new ColumnNetwork(architecture, ColumnPlacement.OnCpu(2));
        ColumnWeights.Initialise(network, seed: 1);
        var classifier = network.Stages[^1].Columns[0].parameters().Single(parameter => parameter.shape.Length == 2);
        using (no_grad())
        {
            // Only the first column's half of fc1 reaches the output.
            classifier.narrow(1, 2, 2).zero_();
        }

        network.call(rand(1, 3, 8, 8) * 255).sum().backward();

        var gradients = network.Stages[0].Columns
            .Select(module => module.parameters().First().grad?.abs().sum().item<float>() ?? 0)
            .ToArray();
        Assert.True(gradients[0] > 0);
        Assert.Equal(0, gradients[1]);
    }

    [Fact]
    public void InitialWeights_OfTheSameSeed_AreTheSameAndFollowTheTable()
    {
        var architecture = AlexNetLayers.ForCifar();
        using var one = new ColumnNetwork(architecture, ColumnPlacement.OnCpu(2));
        using var other = new ColumnNetwork(architecture, ColumnPlacement.OnCpu(2));
        ColumnWeights.Initialise(one, seed: 5);
        ColumnWeights.Initialise(other, seed: 5);
        var (weights, twin) = (ColumnWeights.Merge(one), ColumnWeights.Merge(other));

        foreach (var layer in architecture.Layers.OfType<WeightedLayer>())
        {
            var values = weights[layer.Name + ".weight"].Values;
            var deviation = Math.Sqrt(values.Average(value => (double)value * value));
            Assert.InRange(deviation, 0.93 * layer.WeightStd, 1.07 * layer.WeightStd);
            Assert.All(weights[layer.Name + ".bias"].Values, bias => Assert.Equal((float)layer.InitialBias, bias));
            Assert.Equal(values, twin[layer.Name + ".weight"].Values);
        }
    }

    [Theory]
    [InlineData("cuda:0", "is not available")]
    [InlineData("cpu,cpu,cpu", "3 devices for 2 columns")]
    [InlineData("gpu", "is not a device")]
    public void Placement_OfInvalidDevices_IsRefusedWithAReason(string devices, string reason)
    {
        Assert.SkipWhen(devices == "cuda:0" && cuda.is_available(), "This machine has CUDA.");

        var failure = Assert.Throws<InputException>(() => ColumnPlacement.Parse(devices, 2));

        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Placement_OfOneDevice_HoldsBothColumns() => Assert.Equal("cpu,cpu", ColumnPlacement.Parse("cpu", 2).ToString());
}
