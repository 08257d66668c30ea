using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.ModelSpec.Tests.Architecture;

/// <summary>Which first layers the ten crops of a canvas share; shapes worked out by hand.</summary>
public sealed class SharedTrunkTests
{
    private static readonly NetworkArchitecture Paper = AlexNetLayers.ForImageNet();

    // (259 - 11) / 4 + 1 = 63, (63 - 3) / 2 + 1 = 31; offsets 0, 16, 32 are places 0, 2, 4 of the maps, and 4 + 27 = 31.
    [Fact]
    public void Trunk_OfThePaper_EndsInPool1() => Assert.Equal(
        new SharedTrunk(Layers: 4, Step: 8, Crop: new Shape(96, 27, 27), Canvas: new Shape(96, 31, 31)), SharedTrunk.Of(Paper));

    // Scaling, conv1, relu1, lrn1, conv2, relu2, lrn2, pool2; 32 - 3 + 1 = 30, 30 - 3 + 1 = 28, (28 - 3) / 2 + 1 = 13.
    [Fact]
    public void Trunk_OfTheSmallTable_HasItsScalingToo() => Assert.Equal(
        new SharedTrunk(Layers: 8, Step: 2, Crop: new Shape(96, 11, 11), Canvas: new Shape(96, 13, 13)),
        SharedTrunk.Of(AlexNetLayers.ForCifar()));

    // Up to pool2: 64 - 5 + 1 = 60, (60 - 3) / 2 + 1 = 29, 29 - 3 + 1 = 27, (27 - 3) / 2 + 1 = 13; offsets 0, 4, 8 are places 0, 1, 2.
    [Fact]
    public void Trunk_OfTheTableFor64Pixels_EndsInPool2() => Assert.Equal(
        new SharedTrunk(Layers: 9, Step: 4, Crop: new Shape(128, 11, 11), Canvas: new Shape(128, 13, 13)),
        SharedTrunk.Of(AlexNetLayers.For64()));

    [Theory]
    [InlineData(AlexNetLayers.AsOf2012)] // a mean image, and zeros beyond the edge
    [InlineData(AlexNetLayers.Torchvision)] // conv1 is padded
    public void Trunk_OfATableTiedToThePlaceOfTheCrop_IsNone(string preset)
    {
        var table = AlexNetLayers.Find(preset, 1000);

        Assert.NotNull(table);
        Assert.Null(SharedTrunk.Of(table));
    }

    [Fact]
    public void Trunk_OfAMeanImage_IsNone() => Assert.Null(SharedTrunk.Of(Paper with { MeanImage = true }));

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public void Trunk_OfAPaddedFirstConvolution_IsNone(int padding, int edgePadding) => Assert.Null(SharedTrunk.Of(Paper with
    {
        Layers = [.. Paper.Layers.Select(layer => layer is Convolution { Name: "conv1" } conv1
            ? conv1 with { Padding = padding, EdgePadding = edgePadding }
            : layer)],
    }));

    [Theory]
    [InlineData(227 + 28)] // far 28 is no multiple of 8
    [InlineData(227 + 24)] // the middle, 12, is none
    [InlineData(227 + 25)] // nor is the middle of an odd far offset
    public void Trunk_WhereAnOffsetFallsBetweenPlaces_IsNone(int canvas) =>
        Assert.Null(SharedTrunk.Of(Paper with { Geometry = new CropGeometry(canvas, 227) }));

    [Fact]
    public void Trunk_OfAnOddFarOffsetThatFits_IsThere() =>
        // Far 17, middle 8: places 0, 8, 17 of a network without strides.
        Assert.Equal(
            new SharedTrunk(Layers: 2, Step: 1, Crop: new Shape(4, 5, 5), Canvas: new Shape(4, 22, 22)),
            SharedTrunk.Of(new NetworkArchitecture("plain", Columns: 1, new CropGeometry(25, 8),
            [
                new Convolution("conv1", 4, Kernel: 3, Stride: 1, Padding: 0, Reads.Image, 0.1, InitialBias: 0),
                new MaxPooling("pool1", Window: 2, Stride: 1),
                new Classifier("fc2", 2, 0.1, InitialBias: 0),
            ])));

    [Fact]
    public void Trunk_WithoutNormalisation_IsOneLayerShorter() => Assert.Equal(
        new SharedTrunk(Layers: 3, Step: 8, Crop: new Shape(96, 27, 27), Canvas: new Shape(96, 31, 31)),
        SharedTrunk.Of(new NetworkSwitches { ResponseNormalisation = false }.Apply(Paper)));

    [Fact]
    public void Trunk_OfASecondUnpaddedBlock_GoesOnAsLongAsTheOffsetsFit()
    {
        Layer[] layers =
        [
            new Convolution("conv1", 4, Kernel: 3, Stride: 2, Padding: 0, Reads.Image, 0.1, InitialBias: 0),
            new MaxPooling("pool1", Window: 2, Stride: 2),
            new Convolution("conv2", 8, Kernel: 3, Stride: 1, Padding: 0, Reads.OwnColumn, 0.1, InitialBias: 0),
            new HyperbolicTangent("tanh2"),
            new MaxPooling("pool2", Window: 2, Stride: 2),
            new Classifier("fc3", 2, 0.1, InitialBias: 0),
        ];

        // Steps 2, 4, 4, 4, 8. A canvas of 47 → 23 → 11 → 9 → 4; a crop of 31 → 15 → 7 → 5 → 2.
        Assert.Equal(
            new SharedTrunk(Layers: 5, Step: 8, Crop: new Shape(8, 2, 2), Canvas: new Shape(8, 4, 4)),
            SharedTrunk.Of(new NetworkArchitecture("deep", Columns: 1, new CropGeometry(47, 31), layers)));
        // Far 8: the middle, 4, is no multiple of 8, so the second pooling stays outside. 39 → 19 → 9.
        Assert.Equal(
            new SharedTrunk(Layers: 2, Step: 4, Crop: new Shape(4, 7, 7), Canvas: new Shape(4, 9, 9)),
            SharedTrunk.Of(new NetworkArchitecture("deep", Columns: 1, new CropGeometry(39, 31), layers)));
    }

    // conv2 pads 27 places by 2. Pooled places 1 to 11 of 13 read none of it; so do 27 rows of a canvas's 31. Two pooled rows a step.
    [Fact]
    public void Inside_OfThePaper_IsElevenOfThirteenPlaces()
    {
        var inside = Inside(Paper);

        Assert.NotNull(inside);
        Assert.Equal((1, 11, new Shape(256, 13, 13)), (inside.First, inside.Last, inside.Pooled));
        Assert.Equal(
            new SharedTrunk(Layers: 4, Step: 16, Crop: new Shape((4 * 96) + 256, 14, 14), Canvas: new Shape((4 * 96) + 256, 16, 16)),
            inside.Folded);
    }

    [Theory]
    [InlineData(0, 0, 0, 5, 2, 0)] // rows 0 to 2 of conv2 read rows -2 to 4
    [InlineData(1, 11, 0, 27, 0, 0)]
    [InlineData(12, 12, 22, 27, 0, 2)]
    [InlineData(0, 12, 0, 27, 2, 2)]
    public void Inside_PooledRows_ReadTheseRows(int first, int last, int begin, int end, int before, int after) =>
        Assert.Equal((begin, end, before, after), Inside(Paper)?.Read(first, last));

    [Fact]
    public void Inside_WhereThePooledPlacesOfCropsDiffer_IsNone() =>
        // Far 32 and the middle, 16, are multiples of pool1's 8, but not of 8 × 3.
        Assert.Null(Inside(With(layer => layer is MaxPooling { Name: "pool2" } pool2 ? pool2 with { Stride = 3 } : layer)));

    [Fact]
    public void Inside_BehindAStageOfOtherLayers_IsNone()
    {
        Assert.Null(Inside(With(layer => layer is Convolution { Name: "conv2" } conv2 ? conv2 with { Stride = 2 } : layer)));
        Assert.Null(Inside(AlexNetLayers.For64())); // three convolutions up to pool5
    }

    private static SharedInside? Inside(NetworkArchitecture table) =>
        SharedTrunk.Of(table) is { } trunk ? SharedInside.Of(table, trunk) : null;

    private static NetworkArchitecture With(Func<Layer, Layer> change) => Paper with { Layers = [.. Paper.Layers.Select(change)] };
}
