using AlexNetService.Inference.Batching;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;

namespace AlexNetService.Inference.Tests.Ensembles;

public sealed class CropClassifierTests : IDisposable
{
    private readonly TestFolder folder = new();
    private readonly GatedClock clock = new();
    private readonly ModelSession session;
    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    public CropClassifierTests() => session = folder.Open(TestFolder.Card(), TestFolder.Graph(), maxCropsPerRun: 8);

    public void Dispose()
    {
        clock.Open();
        session.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(61)]
    public async Task RunAsync_AnyNumberOfCrops_EqualsTheSessionsOwnRun(int count)
    {
        clock.Open();
        await using var engine = Engine(limit: 40);
        var crops = TestFolder.Crops(count);
        var (expected, found) = (new float[3 * count], new float[3 * count]);
        session.Run(crops, count, expected);

        var (timing, unanswered) = await Run(engine, crops, found, none);

        Assert.Null(unanswered);
        Assert.True(timing.Infer > TimeSpan.Zero);
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
        Assert.Equal(0, engine.WaitingCrops);
    }

    [Fact]
    public async Task RunAsync_MoreCropsThanTheQueueHolds_HoldOneRunsRoomAndLetOthersThrough()
    {
        var ticks = new CountingClock();
        await using var engine = new CropEngine(new QueueOptions { LimitCrops = 16, DeadlineMs = 0 }, ticks);
        var many = Run(engine, TestFolder.Crops(800), new float[2400], none, ticks);
        await ticks.Reached;

        Assert.Equal(8, engine.WaitingCrops);
        var few = Run(engine, TestFolder.Crops(8), new float[24], none, ticks);
        Assert.Equal(16, engine.WaitingCrops);
        var refused = await Run(engine, TestFolder.Crops(1), new float[3], none, ticks);
        ticks.Open();

        Assert.Equal(new ClassificationResult.Refused(Refusal.QueueFull), refused.Unanswered);
        Assert.Null((await few).Unanswered);
        Assert.Null((await many).Unanswered);

        // In ticks of the clock, of which every run takes several: a run or two, not a hundred.
        Assert.InRange((await few).Timing.Queue.Ticks, 1, 60);
    }

    [Fact]
    public async Task RunAsync_ClientLeaves_IsCancelledAndGivesItsRoomBack()
    {
        await using var engine = Engine(limit: 16);
        var running = Run(engine, TestFolder.Crops(1), new float[3], none);
        await clock.Reached;
        using var client = new CancellationTokenSource();

        var leaving = Run(engine, TestFolder.Crops(80), new float[240], client.Token);
        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        clock.Open();
        Assert.Null((await running).Unanswered);
        Assert.Equal(0, engine.WaitingCrops);
    }

    [Fact]
    public async Task RunAsync_PastItsDeadline_Expires()
    {
        await using var engine = new CropEngine(new QueueOptions { DeadlineMs = 86_400_000 }, clock);
        var running = Run(engine, TestFolder.Crops(1), new float[3], none);
        await clock.Reached;

        var waiting = Run(engine, TestFolder.Crops(1), new float[3], none);
        clock.RingTimers();

        Assert.IsType<ClassificationResult.Expired>((await waiting).Unanswered);
        clock.Open();
        Assert.Null((await running).Unanswered);
    }

    [Fact]
    public async Task RunAsync_EngineStopped_IsRefusedAsDraining()
    {
        clock.Open();
        await using var engine = Engine(limit: 16);
        await engine.StopAsync(none);

        var (_, unanswered) = await Run(engine, TestFolder.Crops(1), new float[3], none);

        Assert.Equal(new ClassificationResult.Refused(Refusal.Draining), unanswered);
    }

    private Task<CropsResult> Run(CropEngine engine, byte[] crops, float[] probabilities, CancellationToken cancellation, TimeProvider? time = null) =>
        new CropClassifier(engine, time ?? clock).RunAsync(
            session, GivenCrops.Pixels(crops), new CropTargets { Probabilities = probabilities }, cancellation);

    private CropEngine Engine(int limit) => new(new QueueOptions { LimitCrops = limit, DeadlineMs = 0 }, clock);
}
