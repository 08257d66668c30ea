using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.ModelSpec.Tests.Architecture;

/// <summary>Tables that describe no network are refused, and the reason names the layer.</summary>
public sealed class ShapeInferenceTests
{
    private static readonly Convolution First = new("conv1", 8, Kernel: 3, Stride: 1, Padding: 0, Reads.Image, 0.01, InitialBias: 0);

    public static TheoryData<string, Layer[]> Broken { get; } = new()
    {
        { "conv1: a window of 12×12 does not fit into 3×10×10", [First with { Kernel = 12 }] },
        { "pool1: a window of 9×9 does not fit into 8×8×8", [First, new MaxPooling("pool1", Window: 9, Stride: 1)] },
        { "conv1: 7 maps cannot be divided evenly over 2 columns", [First with { Maps = 7 }] },
        { "conv1: 0 maps cannot be divided", [First with { Maps = 0 }] },
        { "fc2: 5 maps cannot be divided", [First, new Dense("fc2", 5, Reads.BothColumns, 0.01, InitialBias: 0)] },
        { "lrn1 sums over 4 maps; use an odd number", [First, Normalisation(maps: 4)] },
        { "lrn1 sums over -1 maps", [First, Normalisation(maps: -1)] },
        { "lrn1 has k 0", [First, Normalisation(maps: 5) with { K = 0 }] },
        { "lrn1 has k 2 and α -1", [First, Normalisation(maps: 5) with { Alpha = -1 }] },
        { "lrn1 works inside a column", [Normalisation(maps: 5), First] },
        { "conv1 has a window of 3, a stride of 0", [First with { Stride = 0 }] },
        { "conv1 has a window of 0", [First with { Kernel = 0 }] },
        { "a padding of 0 and -1 more at the edge", [First with { EdgePadding = -1 }] },
        { "standard divides 3 channels by 1, 2", [new Standardisation("standard", [1, 2]), First] },
        { "standard divides 3 channels by 1, 0, 2", [new Standardisation("standard", [1, 0, 2]), First] },
        { "padding of -1", [First with { Padding = -1 }] },
        { "conv1 reads OwnColumn", [First with { Reads = Reads.OwnColumn }] },
        { "conv2 reads Image", [First, First with { Name = "conv2" }] },
        { "two layers named conv1", [First, First with { Reads = Reads.OwnColumn }] },
        { "drop1 drops a share of 1", [First, new Dropout("drop1", 1)] },
        { "drop1 drops a share of NaN", [First, new Dropout("drop1", double.NaN)] },
        { "fc1 is a classifier and not the last layer", [First, new Classifier("fc1", 3, 0.01, 0), new Rectifier("relu1")] },
        { "fc1 is a classifier and must read both columns", [First, new Classifier("fc1", 3, 0.01, 0) { Reads = Reads.OwnColumn }] },
        { "fc1 has 1 classes", [First, new Classifier("fc1", 1, 0.01, 0)] },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Rows_TableThatIsNoNetwork_NamesTheLayer(string reason, Layer[] layers)
    {
        var refused = Assert.Throws<ArchitectureException>(() => Table(layers).Rows());

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(27)]
    public void Rows_ColumnsWithoutLetters_IsRefused(int columns)
    {
        var refused = Assert.Throws<ArchitectureException>(() => (Table(First) with { Columns = columns }).Rows());

        Assert.Contains($"{columns} columns", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10, 11)]
    [InlineData(10, 0)]
    public void Rows_CropOutsideTheCanvas_IsRefused(int canvas, int crop)
    {
        var refused = Assert.Throws<ArchitectureException>(() => (Table(First) with { Geometry = new(canvas, crop) }).Rows());

        Assert.Contains($"crops of {crop} pixels from a canvas of {canvas}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_OneColumn_NormalisesThePictureItself()
    {
        var rows = (Table(Normalisation(maps: 3), First) with { Columns = 1 }).Rows();

        Assert.Equal(["3×10×10", "8×8×8"], rows.Select(row => row.Output.ToString()));
    }

    [Fact]
    public void Classes_TableWithoutClassifier_IsRefused() => Assert.Throws<ArchitectureException>(() => Table(First).Classes);

    [Fact]
    public void FeatureLayer_TableWithoutDenseLayer_IsRefused() => Assert.Throws<ArchitectureException>(() => Table(First).FeatureLayer);

    private static LocalResponseNormalisation Normalisation(int maps) => new("lrn1", maps, K: 2, Alpha: 1e-4, Beta: 0.75);

    private static NetworkArchitecture Table(params Layer[] layers) => new("table", Columns: 2, new CropGeometry(12, 10), layers);
}
