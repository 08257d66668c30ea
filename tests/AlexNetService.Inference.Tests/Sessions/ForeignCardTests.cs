using AlexNetService.Inference.Tests.Graphs;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Tests.Sessions;

/// <summary>Foreign graphs need only a card to be served.</summary>
public sealed class ForeignCardTests : IDisposable
{
    private const int Plane = TestFolder.Crop * TestFolder.Crop;
    private static readonly double[] Mean = [0.485, 0.456, 0.406];
    private static readonly double[] Std = [0.229, 0.224, 0.225];

    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<PixelType, ChannelOrder, TensorLayout> Inputs
    {
        get
        {
            var inputs = new TheoryData<PixelType, ChannelOrder, TensorLayout>();
            foreach (var type in Enum.GetValues<PixelType>())
            {
                foreach (var order in Enum.GetValues<ChannelOrder>())
                {
                    foreach (var layout in Enum.GetValues<TensorLayout>())
                    {
                        inputs.Add(type, order, layout);
                    }
                }
            }

            return inputs;
        }
    }

    [Theory]
    [MemberData(nameof(Inputs))]
    public void Run_InputAsTheCardDescribesIt_EqualsTheTensorWrittenOut(PixelType type, ChannelOrder order, TensorLayout layout)
    {
        var normalised = type == PixelType.Float32;
        var input = new Preprocessing
        {
            Canvas = TestFolder.Canvas,
            Crop = TestFolder.Crop,
            Type = type,
            Channels = order,
            Layout = layout,
            Scale = normalised ? 1 / 255.0 : null,
            Mean = normalised ? Mean : null,
            Std = normalised ? Std : null,
        };
        var graph = TestFolder.Graph() with { FloatInput = normalised, Input = layout == TensorLayout.Nchw ? [0, 3, 4, 4] : [0, 4, 4, 3] };
        using var session = folder.Open(TestFolder.Card() with { Preprocessing = input }, graph);
        var crop = TestFolder.Crops(1);
        var found = new float[3];

        session.Run(crop, 1, found);

        var tensor = new double[3 * Plane];
        for (var channel = 0; channel < 3; channel++)
        {
            for (var i = 0; i < Plane; i++)
            {
                double pixel = crop[((order == ChannelOrder.Rgb ? channel : 2 - channel) * Plane) + i];
                tensor[layout == TensorLayout.Nchw ? (channel * Plane) + i : (i * 3) + channel] =
                    normalised ? ((pixel / 255) - Mean[channel]) / Std[channel] : pixel;
            }
        }

        var expected = ByHand.Softmax(ByHand.Logits(graph, tensor));
        Assert.All(Enumerable.Range(0, 3), c => Assert.Equal(expected[c], found[c], 1e-5));
    }

    [Fact]
    public void Run_LogitsOnly_SoftmaxIsDoneHere()
    {
        var card = TestFolder.Card() with { Tensors = new TensorNames("image", "logits", Probabilities: null, Features: null) };
        var graph = TestFolder.Graph() with { WithProbabilities = false };
        using var session = folder.Open(card, graph);
        var crop = TestFolder.Crops(1);
        var found = new float[3];

        session.Run(crop, 1, found);

        var expected = ByHand.Softmax(ByHand.Logits(graph, [.. crop.Select(pixel => (double)pixel)]));
        Assert.All(Enumerable.Range(0, 3), c => Assert.Equal(expected[c], found[c], 1e-5));
    }

    [Fact]
    public void Run_ProbabilitiesOnly_HasNoLogits()
    {
        var card = TestFolder.Card() with { Tensors = new TensorNames("image", Logits: null, "probabilities", Features: null) };
        using var session = folder.Open(card, TestFolder.Graph());
        var found = new float[3];

        session.Run(TestFolder.Crops(1), 1, found);

        Assert.False(session.HasLogits);
        Assert.Equal(1, found.Sum(), 1e-5f);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Run_FixedBatch_EqualsTheSameGraphWithAnyBatch(int batch)
    {
        using var any = folder.Open(TestFolder.Card("any"), TestFolder.Graph());
        using var some = folder.Open(TestFolder.Card("fixed"), TestFolder.Graph() with { Input = [batch, 3, 4, 4] });
        var crops = TestFolder.Crops(10);
        var (expected, found) = (new float[30], new float[30]);

        any.Run(crops, 10, expected);
        some.Run(crops, 10, found);

        Assert.Equal(batch, some.FixedBatch);
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
    }
}
