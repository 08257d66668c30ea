using AlexNetService.Inference.Batching;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;

namespace AlexNetService.Inference.Tests.Batching;

public sealed class MaxDelayTests : IDisposable
{
    private static readonly QueueOptions Options = new() { LimitCrops = 100, MaxDelayMs = 50 };

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
    public async Task Submit_LessThanARun_WaitsForCompanyUntilTheDelayIsOver()
    {
        await using var engine = new CropEngine(Options, clock);
        var (first, second) = (Submit(engine, 1), Submit(engine, 2));
        clock.Advance(TimeSpan.FromMilliseconds(49));
        Assert.Equal(2, engine.WaitingCrops);

        clock.Advance(TimeSpan.FromMilliseconds(1));

        await Task.WhenAll(first.Done, second.Done);
        Assert.Equal(clock.GetTimestamp(), first.Started);
        Assert.Equal(first.Started, second.Started);
    }

    [Fact]
    public async Task Submit_AWholeRun_WaitsForNothing()
    {
        await using var engine = new CropEngine(Options, clock);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(seed => Submit(engine, seed).Done));

        Assert.Equal(0, engine.WaitingCrops);
    }

    [Fact]
    public async Task StopAsync_WorkWaitingForCompany_IsRunAtOnce()
    {
        var engine = new CropEngine(Options, clock);
        var work = Submit(engine, 1);

        await engine.StopAsync(TestContext.Current.CancellationToken);

        Assert.True(work.Done.IsCompletedSuccessfully);
    }

    private CanvasWork Submit(CropEngine engine, int seed)
    {
        var work = new CanvasWork(
            session, TestFolder.RandomCanvas(seed).Pixels, TestViews.Centre.Windows(session.Card.Preprocessing), new CropTargets { Probabilities = new float[TestFolder.Classes] });
        using var place = engine.Admit(1).Place ?? throw new InvalidOperationException("No place.");
        place.Submit([work], TestContext.Current.CancellationToken);
        return work;
    }
}
