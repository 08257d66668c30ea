using AlexNetService.Imaging;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Tests.Requests;

/// <summary>
/// A network whose answers to black crops and to noise are finite numbers, so that it is loaded, but not those to white ones: 4e34 times
/// the sum of 48 pixels is below the largest float for a mean of 127.5, and above it for 255.
/// </summary>
public sealed class NotFiniteTests : IAsyncLifetime
{
    private const int Values = 3 * TestFolder.Crop * TestFolder.Crop;

    private readonly TestFolder folder = new();
    private readonly InferenceEngine engine = new(new QueueOptions(), new DecodingOptions(), TimeProvider.System);
    private readonly ModelSession session;

    public NotFiniteTests()
    {
        session = folder.Open(TestFolder.Card("faulty"), Graph);
        session.Warm();
    }

    private static TinyGraph Graph => TestFolder.Graph() with
    {
        Weights = [.. Enumerable.Range(0, Values * TestFolder.Classes).Select(i => i % TestFolder.Classes == 0 ? 4e34f : 0)],
    };

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        session.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Run_PhotographWhoseAnswerIsNoNumber_NamesTheModel()
    {
        var white = new Canvas(TestFolder.Canvas, [.. Enumerable.Repeat(byte.MaxValue, 3 * TestFolder.Canvas * TestFolder.Canvas)]);
        using var result = await engine.RunAsync(new PhotographRequest(TestEnsemble.Png(white), Ensemble.Alone(session), TestViews.Ten));

        Assert.Equal(new InferenceResult.NotFinite("faulty"), result);
        Assert.NotEmpty(await engine.ProbabilitiesAsync(Ensemble.Alone(session), TestFolder.RandomCanvas(1)));
    }

    [Fact]
    public async Task Run_CropsWhoseAnswerIsNoNumber_NamesTheModel()
    {
        byte[] crops = [.. TestFolder.Crops(1), .. Enumerable.Repeat(byte.MaxValue, Values)];

        using var result = await engine.RunAsync(new CropRequest(crops, Ensemble.Alone(session)));

        Assert.Equal(new InferenceResult.NotFinite("faulty"), result);
    }

    [Fact]
    public async Task Run_FloatsOfTheCaller_AreAnsweredWhateverTheyAre()
    {
        var card = TestFolder.Card("floats");
        using var floats = folder.Open(
            card with { Preprocessing = card.Preprocessing with { Type = PixelType.Float32 } },
            TestFolder.Graph() with { FloatInput = true });
        var crop = new byte[Values * sizeof(float)];
        crop.AsSpan().Fill(byte.MaxValue);

        using var result = await engine.RunAsync(new CropRequest(crop, Ensemble.Alone(floats)));

        Assert.True(float.IsNaN(Assert.IsType<InferenceResult.Answered>(result).Probabilities.Span[0]));
    }
}
