using AlexNetService.Imaging;
using AlexNetService.Inference.Batching;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Tests.Ensembles;

public sealed class PictureFeaturesTests : IDisposable
{
    private const int Values = 3 * TestFolder.Crop * TestFolder.Crop;

    private readonly TestFolder folder = new();
    private readonly DecodeWorkers decoders = new(new DecodingOptions { Threads = 1 });
    private readonly ModelSession session;
    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    public PictureFeaturesTests() => session = folder.Open(
        TestFolder.Card() with { Tensors = new TensorNames("image", "logits", "probabilities", "features") },
        TestFolder.Graph() with { WithFeatures = true });

    public void Dispose()
    {
        decoders.Dispose();
        session.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(TestViews.Centre)]
    [InlineData(TestViews.Ten)]
    public async Task OfAsync_APhotograph_IsTheMeanOfItsCrops(TestViews views)
    {
        await using var engine = new CropEngine(new QueueOptions(), TimeProvider.System);
        var canvas = TestFolder.RandomCanvas(1);

        var (vector, timing, unanswered) = await Features(engine).OfAsync(Png(canvas), session, views, none);

        // The features of this graph are the pixels themselves.
        var (mean, crop) = (new float[Values], new byte[Values]);
        foreach (var window in views.Windows(session.Card.Preprocessing))
        {
            window.CopyTo(canvas.Pixels, TestFolder.Canvas, crop, TestFolder.Crop);
            for (var i = 0; i < Values; i++)
            {
                mean[i] += crop[i] / (float)views;
            }
        }

        Assert.Null(unanswered);
        Assert.True(timing.Infer > TimeSpan.Zero);
        Assert.All(mean.Zip(Assert.IsType<float[]>(vector)), pair => Assert.Equal(pair.First, pair.Second, 1e-3f));
        Assert.Equal(0, engine.WaitingCrops);
    }

    [Fact]
    public async Task OfAsync_NoPhotographOrNoRoom_SaysWhy()
    {
        await using var engine = new CropEngine(new QueueOptions { LimitCrops = 9 }, TimeProvider.System);

        var text = await Features(engine).OfAsync(new byte[100], session, TestViews.Centre, none);
        var full = await Features(engine).OfAsync(Png(TestFolder.RandomCanvas(1)), session, TestViews.Ten, none);

        Assert.IsType<ClassificationResult.Undecodable>(text.Unanswered);
        Assert.Equal(new ClassificationResult.Refused(Refusal.QueueFull), full.Unanswered);
        Assert.Null(text.Vector);
    }

    [Fact]
    public async Task OfAsync_CardWithoutFeatures_Throws()
    {
        using var plain = folder.Open(TestFolder.Card("plain"), TestFolder.Graph());
        await using var engine = new CropEngine(new QueueOptions(), TimeProvider.System);

        await Assert.ThrowsAsync<ArgumentException>(() => Features(engine).OfAsync(new byte[100], plain, TestViews.Centre, none));
    }

    [Fact]
    public void Normalise_AVector_HasLengthOneAndZerosStay()
    {
        float[] vector = [3, 0, -4];
        float[] zeros = [0, 0];

        PictureFeatures.Normalise(vector);
        PictureFeatures.Normalise(zeros);

        Assert.Equal([0.6f, 0, -0.8f], vector);
        Assert.Equal([0f, 0], zeros);
    }

    private static byte[] Png(Canvas canvas) => CanvasEncoder.Png(canvas.Pixels, canvas.Side);

    private PictureFeatures Features(CropEngine engine) => new(engine, decoders, TimeProvider.System);
}
