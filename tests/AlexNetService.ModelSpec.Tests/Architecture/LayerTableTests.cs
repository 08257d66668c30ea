using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.ModelSpec.Tests.Architecture;

/// <summary>The presets, against numbers worked out by hand from Krizhevsky 2012, figure 2.</summary>
public sealed class LayerTableTests
{
    [Fact]
    public void AlexNet_AtAThousandClasses_HasThePapersParameters()
    {
        Dictionary<string, long> byHand = new()
        {
            ["conv1"] = (96 * 3 * 11 * 11) + 96,
            ["conv2"] = (256 * 48 * 5 * 5) + 256,
            ["conv3"] = (384 * 256 * 3 * 3) + 384,
            ["conv4"] = (384 * 192 * 3 * 3) + 384,
            ["conv5"] = (256 * 192 * 3 * 3) + 256,
            ["fc6"] = (4096 * 256 * 6 * 6) + 4096,
            ["fc7"] = (4096 * 4096) + 4096,
            ["fc8"] = (1000 * 4096) + 1000,
        };

        var rows = AlexNetLayers.ForImageNet().Rows();

        Assert.Equal(byHand, rows.Where(row => row.Parameters > 0).ToDictionary(row => row.Layer.Name, row => row.Parameters));
        Assert.Equal(60_965_224, rows.Sum(row => row.Parameters));
    }

    [Fact]
    public void AlexNet_OneCrop_CostsThePapersMultiplyAdds()
    {
        Dictionary<string, long> byHand = new()
        {
            ["conv1"] = 105_415_200, // 55² places · 96 maps · 3·11² values
            ["conv2"] = 223_948_800, // 27² · 256 · 48·5²
            ["conv3"] = 149_520_384, // 13² · 384 · 256·3²
            ["conv4"] = 112_140_288, // 13² · 384 · 192·3²
            ["conv5"] = 74_760_192, // 13² · 256 · 192·3²
            ["fc6"] = 37_748_736, // 4096 · 256·6²
            ["fc7"] = 16_777_216, // 4096²
            ["fc8"] = 4_096_000, // 1000 · 4096
        };

        var rows = AlexNetLayers.ForImageNet().Rows();

        Assert.Equal(byHand, rows.Where(row => row.MultiplyAdds > 0).ToDictionary(row => row.Layer.Name, row => row.MultiplyAdds));
        Assert.Equal(724_406_816, rows.Sum(row => row.MultiplyAdds));
    }

    [Fact]
    public void AlexNet_LayerByLayer_HasThePapersShapes()
    {
        Assert.Equal(
            [
                "conv1 96×55×55", "relu1 96×55×55", "lrn1 96×55×55", "pool1 96×27×27",
                "conv2 256×27×27", "relu2 256×27×27", "lrn2 256×27×27", "pool2 256×13×13",
                "conv3 384×13×13", "relu3 384×13×13", "conv4 384×13×13", "relu4 384×13×13",
                "conv5 256×13×13", "relu5 256×13×13", "pool5 256×6×6",
                "fc6 4096", "relu6 4096", "drop6 4096", "fc7 4096", "relu7 4096", "drop7 4096", "fc8 1000",
            ],
            Shapes(AlexNetLayers.ForImageNet()));
    }

    [Fact]
    public void AsOf2012_LayerByLayer_HasThePapersShapesAndParametersOnSmallerCrops()
    {
        var architecture = AlexNetLayers.As2012();

        Assert.Equal(Shapes(AlexNetLayers.ForImageNet()), Shapes(architecture));
        Assert.Equal(60_965_224, architecture.Rows().Sum(row => row.Parameters));
        Assert.Equal((224, 3 * 224 * 224), (architecture.Geometry.Crop, architecture.MeanValues));
        Assert.Equal([2e-5, 2e-5], architecture.Layers.OfType<LocalResponseNormalisation>().Select(layer => Math.Round(layer.Alpha, 12)));
        Assert.Equal([0.01, 0.01, 0.03, 0.03, 0.03], architecture.Layers.OfType<Convolution>().Select(layer => layer.WeightStd));
    }

    [Fact]
    public void Differences_OfThePresetOf2012_AreNamedAndOfOthersThereAreNone()
    {
        Assert.Equal(5, AlexNetLayers.Differences(AlexNetLayers.AsOf2012).Count);
        Assert.Equal(5, AlexNetLayers.Differences("alexnet-2012-tanh").Count);
        Assert.All(
            AlexNetLayers.Presets.Where(preset => preset != AlexNetLayers.AsOf2012),
            preset => Assert.Empty(AlexNetLayers.Differences(preset)));
    }

    [Fact]
    public void Torchvision_LayerByLayer_HasTheShapesAndParametersOfTorchvision()
    {
        var architecture = AlexNetLayers.AsTorchvision();

        Assert.Equal(
            [
                "standardise0 3×224×224", "conv1 64×55×55", "relu1 64×55×55", "pool1 64×27×27",
                "conv2 192×27×27", "relu2 192×27×27", "pool2 192×13×13",
                "conv3 384×13×13", "relu3 384×13×13", "conv4 256×13×13", "relu4 256×13×13", "conv5 256×13×13", "relu5 256×13×13",
                "pool5 256×6×6",
                "drop6 256×6×6", "fc6 4096", "relu6 4096", "drop7 4096", "fc7 4096", "relu7 4096", "fc8 1000",
            ],
            Shapes(architecture));
        Assert.Equal(61_100_840, architecture.Rows().Sum(row => row.Parameters));
    }

    [Fact]
    public void Cifar_LayerByLayer_HasItsShapesAndParameters()
    {
        var architecture = AlexNetLayers.ForCifar();

        Assert.Equal(
            [
                "scale0 3×28×28", "conv1 64×26×26", "relu1 64×26×26", "lrn1 64×26×26",
                "conv2 96×24×24", "relu2 96×24×24", "lrn2 96×24×24", "pool2 96×11×11",
                "conv3 192×11×11", "relu3 192×11×11", "pool3 192×5×5",
                "conv4 320×5×5", "relu4 320×5×5", "conv5 256×5×5", "relu5 256×5×5", "pool5 256×2×2",
                "fc6 512", "relu6 512", "drop6 512", "fc7 512", "relu7 512", "drop7 512", "fc8 10",
            ],
            Shapes(architecture));
        Assert.Equal(1_633_898, architecture.Rows().Sum(row => row.Parameters));
    }

    [Fact]
    public void AlexNet_Weights_AreNamedAndShapedAsTheGroupedConvolutionsWantThem()
    {
        Assert.Equal(
            [
                "conv1.weight 96,3,11,11", "conv1.bias 96", "conv2.weight 256,48,5,5", "conv2.bias 256",
                "conv3.weight 384,256,3,3", "conv3.bias 384", "conv4.weight 384,192,3,3", "conv4.bias 384",
                "conv5.weight 256,192,3,3", "conv5.bias 256", "fc6.weight 4096,9216", "fc6.bias 4096",
                "fc7.weight 4096,4096", "fc7.bias 4096", "fc8.weight 1000,4096", "fc8.bias 1000",
            ],
            AlexNetLayers.ForImageNet().Weights().Select(weight => $"{weight.Name} {string.Join(',', weight.Dimensions)}"));
    }

    [Fact]
    public void Presets_ByName_AreFoundWithTheClassesAskedFor()
    {
        Assert.All(AlexNetLayers.Presets, preset => Assert.Equal((preset, 7), Describe(AlexNetLayers.Find(preset, 7))));
        Assert.Null(AlexNetLayers.Find("alexnet-1912", 7));

        static (string?, int?) Describe(NetworkArchitecture? found) => (found?.Preset, found?.Classes);
    }

    [Fact]
    public void FeatureLayer_OfThePresets_IsTheLastHiddenDenseLayer()
    {
        Assert.Equal(("fc7", 4096), (AlexNetLayers.ForImageNet().FeatureLayer.Name, AlexNetLayers.ForImageNet().FeatureLayer.Units));
        Assert.Equal(("fc7", 512), (AlexNetLayers.ForCifar().FeatureLayer.Name, AlexNetLayers.ForCifar().FeatureLayer.Units));
    }

    [Fact]
    public void LayerNames_InColumns_CarryTheColumnsLetter()
    {
        var two = AlexNetLayers.ForCifar();

        Assert.Equal(("conv1a", "conv1b"), (two.InColumn("conv1", 0), two.InColumn("conv1", 1)));
        Assert.Equal("conv1", (two with { Columns = 1 }).InColumn("conv1", 0));
    }

    private static IEnumerable<string> Shapes(NetworkArchitecture architecture) =>
        architecture.Rows().Select(row => $"{row.Layer.Name} {row.Output}");
}
