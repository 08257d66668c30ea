using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.ModelSpec.Tests.Architecture;

/// <summary>Each switch changes what it names and nothing else.</summary>
public sealed class NetworkSwitchesTests
{
    private static readonly NetworkArchitecture Paper = AlexNetLayers.ForImageNet();

    [Fact]
    public void Apply_NothingTurned_IsTheTable()
    {
        var same = new NetworkSwitches().Apply(Paper);

        Assert.Equal(Paper.Preset, same.Preset);
        Assert.Equal(Paper.Layers, same.Layers);
    }

    [Fact]
    public void Apply_Tanh_ReplacesEveryRectifierAndTheBiasesThatFeedThem()
    {
        var switched = new NetworkSwitches { Tanh = true }.Apply(Paper);

        Assert.Empty(switched.Layers.OfType<Rectifier>());
        Assert.Equal(7, switched.Layers.OfType<HyperbolicTangent>().Count());
        Assert.All(switched.Layers.OfType<WeightedLayer>(), layer => Assert.Equal(0, layer.InitialBias));
    }

    [Fact]
    public void Apply_NoOverlap_KeepsThePapersShapes()
    {
        var switched = new NetworkSwitches { OverlappingPooling = false }.Apply(Paper);

        Assert.All(switched.Layers.OfType<MaxPooling>(), pooling => Assert.Equal((2, 2), (pooling.Window, pooling.Stride)));
        Assert.Equal(Paper.Rows().Select(row => row.Output), switched.Rows().Select(row => row.Output));
    }

    [Fact]
    public void Apply_HalfKernelsInOneColumn_IsThePapersOneGpuNet()
    {
        var switched = new NetworkSwitches { Columns = 1, HalfKernels = true }.Apply(Paper);

        Assert.Equal("alexnet-1-column-half-kernels", switched.Preset);
        Assert.Equal(
            [(48 * 3 * 121) + 48, (128 * 48 * 25) + 128, (192 * 128 * 9) + 192, (192 * 192 * 9) + 192, (256 * 192 * 9) + 256],
            switched.Rows().Where(row => row.Layer is Convolution).Select(row => row.Parameters));
        Assert.Equal(Paper.Layers.OfType<Dense>(), switched.Layers.OfType<Dense>());
    }

    [Fact]
    public void Apply_NoExchange_HalvesWhatConv3Reads()
    {
        var switched = new NetworkSwitches { Exchange = false }.Apply(Paper);

        // 384 maps of 3×3 over 128 maps instead of 256; the dense layers still read both columns.
        Assert.Equal((384 * 128 * 9) + 384, switched.Rows().Single(row => row.Layer.Name == "conv3").Parameters);
        Assert.Equal(Paper.Layers.OfType<Dense>(), switched.Layers.OfType<Dense>());
    }

    [Fact]
    public void Apply_MoreConvolutions_RepeatsConv4OrLeavesItOut()
    {
        var deeper = new NetworkSwitches { MoreConvolutions = 1 }.Apply(Paper);
        var shallower = new NetworkSwitches { MoreConvolutions = -1 }.Apply(Paper);

        Assert.Equal(("alexnet-conv4_2", "alexnet-no-conv4"), (deeper.Preset, shallower.Preset));
        Assert.Equal(Paper.Layers, deeper.Layers.Where(layer => layer.Name is not ("conv4_2" or "relu4_2")));
        Assert.Equal(["relu4", "conv4_2", "relu4_2", "conv5"], deeper.Layers.Select(layer => layer.Name).Skip(11).Take(4));
        Assert.Equal((384 * 192 * 9) + 384, deeper.Rows().Single(row => row.Layer.Name == "conv4_2").Parameters);
        Assert.Equal(["relu3", "conv5", "relu5"], shallower.Layers.Select(layer => layer.Name).Skip(9).Take(3));
        Assert.Equal(Paper.Layers.Count - 2, shallower.Layers.Count);
    }

    [Fact]
    public void Apply_SeveralTurned_SaysSoInTheName()
    {
        var switches = new NetworkSwitches { Tanh = true, ResponseNormalisation = false, Dropout = 0, Columns = 1 };

        var switched = switches.Apply(AlexNetLayers.ForCifar());

        Assert.Equal("alexnet-cifar-tanh-no-lrn-no-dropout-1-column", switched.Preset);
        Assert.Equal(1, switched.Columns);
        Assert.DoesNotContain(switched.Layers, layer => layer is LocalResponseNormalisation or Dropout);
    }

    [Fact]
    public void Apply_ColumnsThatDoNotDivideTheMaps_IsRefused()
    {
        Assert.Throws<ArchitectureException>(() => new NetworkSwitches { Columns = 5 }.Apply(Paper));
    }
}
