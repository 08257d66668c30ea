using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Tests.Sessions;

public sealed class GraphInspectionTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Open_OtherCropThanTheCard_IsRefused() => Refused(
        TestFolder.Card(), TestFolder.Graph(crop: 5), "input 'image' is [N,3,5,5] where the card says [N,3,4,4]");

    [Fact]
    public void Open_OtherCropBehindOpenDimensions_IsRefused() => Refused(
        TestFolder.Card(), TestFolder.Graph(crop: 5) with { Input = [0, 3, 0, 0] }, "does not run on 2 crops");

    [Fact]
    public void Open_OtherNumberOfLabels_IsRefused() => Refused(
        TestFolder.Card(classes: 4), TestFolder.Graph(), "output 'probabilities' has 3 values a crop where the card has 4 labels");

    [Fact]
    public void Open_MissingOutput_IsRefused() => Refused(
        TestFolder.Card() with { Tensors = new TensorNames("image", "scores", Probabilities: null, Features: null) },
        TestFolder.Graph(),
        "no output 'scores'; it has 'logits', 'probabilities'");

    [Fact]
    public void Open_MissingInput_IsRefused() => Refused(
        TestFolder.Card() with { Tensors = new TensorNames("data", "logits", Probabilities: null, Features: null) },
        TestFolder.Graph(),
        "no input 'data'; it has 'image'");

    [Fact]
    public void Open_OtherElementType_IsRefused() => Refused(
        TestFolder.Card(), TestFolder.Graph() with { FloatInput = true }, "input 'image' is Float where the card says UInt8");

    [Fact]
    public void Open_OtherLayout_IsRefused() => Refused(
        TestFolder.Card() with { Preprocessing = new Preprocessing { Canvas = 6, Crop = 4, Layout = TensorLayout.Nhwc } },
        TestFolder.Graph(),
        "is [N,3,4,4] where the card says [N,4,4,3]");

    [Fact]
    public void Open_WeightsThatAreNotNumbers_IsRefused() => Refused(
        TestFolder.Card(), TestFolder.Graph() with { Biases = [0, float.NaN, 0] }, "is NaN for a black crop");

    [Fact]
    public void Open_WeightsThatOnlyABlackCropSurvives_IsRefused() => Refused(
        TestFolder.Card(),
        TestFolder.Graph() with { Weights = [.. Enumerable.Repeat(float.MaxValue, 3 * TestFolder.Crop * TestFolder.Crop * 3)] },
        "for a crop of noise");

    [Fact]
    public void Open_FixedBatchThatOnlyABlackCropSurvives_IsRefused() => Refused(
        TestFolder.Card(),
        TestFolder.Graph() with
        {
            Input = [1, 3, TestFolder.Crop, TestFolder.Crop],
            Weights = [.. Enumerable.Repeat(float.MaxValue, 3 * TestFolder.Crop * TestFolder.Crop * 3)],
        },
        "for a crop of noise");

    [Fact]
    public void Open_TemperatureThatStandsInTheCardAlone_IsRefused() => Refused(
        Calibrated(TestFolder.Card(), 3),
        TestFolder.Graph() with { Biases = [4, 0, 1] },
        "'probabilities' is not the softmax of 'logits' divided by the card's temperature 3");

    [Fact]
    public void Open_TemperatureWithoutATensorOfProbabilities_IsDividedBy()
    {
        var card = Calibrated(TestFolder.Card(), 3) with { Tensors = new TensorNames("image", "logits") };
        using var session = folder.Open(card, TestFolder.Graph() with { WithProbabilities = false });
        var (logits, probabilities) = (new float[TestFolder.Classes], new float[TestFolder.Classes]);

        session.Run(TestFolder.Crops(1), 1, new CropOutputs { Logits = logits, Probabilities = probabilities });

        var expected = ByHand.Softmax([.. logits.Select(logit => logit / 3.0)]);
        Assert.All(probabilities.Index(), item => Assert.Equal(expected[item.Index], item.Item, 1e-6));
    }

    [Fact]
    public void Open_NoGraphAtAll_IsRefused()
    {
        var package = new PackageRepository(folder.Root).Publish(TestFolder.Card(), "not a graph"u8.ToArray());

        var refused = Assert.Throws<InvalidPackageException>(() => ModelSession.Open(package, TestFolder.Options()));

        Assert.Contains("cannot open model.onnx", refused.Message, StringComparison.Ordinal);
    }

    private static ModelCard Calibrated(ModelCard card, double temperature) =>
        card with { Calibration = new Calibration(temperature, "photographs", "validation", 10, 10, Crops: 10, 0.1, 0.05, 0.9, 0.8) };

    private void Refused(ModelCard card, TinyGraph graph, string reason)
    {
        var package = folder.Publish(card, graph);

        var refused = Assert.Throws<InvalidPackageException>(() => ModelSession.Open(package, TestFolder.Options()));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }
}
