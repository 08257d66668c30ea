using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;

namespace AlexNetService.Inference.Tests.Requests;

public sealed class MaxDelayTests : IDisposable
{
    private readonly TestFolder folder = new();
    private readonly HandClock clock = new();
    private readonly ModelSession session;

    public MaxDelayTests() => session = folder.Open(TestFolder.Card(), TestFolder.Graph(), maxCropsPerRun: 4);

    public void Dispose()
    {
        session.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task RunAsync_LessThanARun_WaitsForOthersUntilTheDelayIsOver()
    {
        await using var engine = Engine();
        var (first, second) = (Request(1), Request(2));
        var answers = Task.WhenAll(engine.RunAsync(first), engine.RunAsync(second));
        clock.Advance(TimeSpan.FromMilliseconds(49));
        Assert.Equal(2, engine.WaitingCrops);

        clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.All(await answers, answer => Assert.IsType<InferenceResult.Answered>(answer));
        Assert.Equal(clock.GetTimestamp(), first.Started);
        Assert.Equal(first.Started, second.Started);
    }

    [Fact]
    public async Task RunAsync_AWholeRun_DoesNotWait()
    {
        await using var engine = Engine();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(seed => engine.RunAsync(Request(seed))));

        Assert.Equal(0, engine.WaitingCrops);
    }

    [Fact]
    public async Task StopAsync_RequestWaitingForOthers_IsRunAtOnce()
    {
        await using var engine = Engine();
        var answer = engine.RunAsync(Request(1));

        await engine.StopAsync(TestContext.Current.CancellationToken);

        Assert.IsType<InferenceResult.Answered>(await answer);
    }

    private InferenceEngine Engine() =>
        new(new QueueOptions { LimitCrops = 100, MaxDelayMs = 50 }, new DecodingOptions { Threads = 1 }, clock);

    private CropRequest Request(int seed) => new(TestFolder.Crops(1, seed), Ensemble.Alone(session));
}
