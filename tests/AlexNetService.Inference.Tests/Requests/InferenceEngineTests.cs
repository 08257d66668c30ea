using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;

namespace AlexNetService.Inference.Tests.Requests;

public sealed class InferenceEngineTests : IDisposable
{
    private readonly TestFolder folder = new();
    private readonly GatedClock clock = new();
    private readonly ModelSession session;
    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    public InferenceEngineTests() => session = folder.Open(TestFolder.Card(), TestFolder.Graph(), maxCropsPerRun: 8);

    public void Dispose()
    {
        clock.Open();
        session.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task RunAsync_ManyRequests_EachGetsItsOwnAnswer()
    {
        clock.Open();
        await using var engine = Engine(limit: 1000);
        var ensemble = TestEnsemble.Of(session);

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 30).Select(seed => engine.ProbabilitiesAsync(ensemble, TestFolder.RandomCanvas(seed))));

        for (var seed = 0; seed < answers.Length; seed++)
        {
            TestEnsemble.Equal(TestEnsemble.CropByCrop(session, TestFolder.RandomCanvas(seed), TestViews.Ten), answers[seed]);
        }
    }

    [Fact]
    public async Task Enter_MoreThanTheLimit_IsRefusedUntilRoomIsGivenBack()
    {
        await using var engine = Engine(limit: 20);
        var (first, second) = (engine.Queue.Reserve(10, TimeSpan.Zero), engine.Queue.Reserve(10, TimeSpan.Zero));
        var third = engine.Queue.Reserve(1, TimeSpan.Zero);
        engine.Queue.Release(10, TimeSpan.Zero);
        var fourth = engine.Queue.Reserve(10, TimeSpan.Zero);
        var (waiting, inflight) = (engine.WaitingCrops, engine.InflightCount);
        engine.Queue.Release(10, TimeSpan.Zero);
        engine.Queue.Release(10, TimeSpan.Zero);

        Assert.Equal((null, null, Refusal.QueueFull, null), (first, second, third, fourth));
        Assert.Equal((20, 2), (waiting, inflight));
        Assert.Equal((0, 0), (engine.WaitingCrops, engine.InflightCount));
    }

    [Theory]
    [InlineData(1, 4, false)]
    [InlineData(1, 6, true)]
    [InlineData(2, 6, false)] // two threads need half as long
    public async Task Enter_BehindWorkOfManySeconds_IsRefusedIfItCouldNotBeginInTime(int threads, int seconds, bool isRefused)
    {
        await using var engine = Engine(limit: 1000);
        engine.SetConcurrency(threads);
        var busy = TimeSpan.FromSeconds(seconds);

        // What is alone begins at once, however long it takes.
        Assert.Null(engine.Queue.Reserve(1, busy));
        var (early, next) = (engine.RefuseEarly(), engine.Queue.Reserve(1, TimeSpan.FromMilliseconds(1)));
        engine.Queue.Release(1, busy);

        Assert.Equal(isRefused ? Refusal.QueueFull : null, next);
        Assert.Equal(
            isRefused ? (busy / threads, seconds / threads) : ((TimeSpan, int)?)null,
            early is null ? null : (early.Wait, early.RetrySeconds));
        if (next is null)
        {
            engine.Queue.Release(1, TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal(TimeSpan.Zero, engine.Wait);
        Assert.Null(engine.RefuseEarly());
    }

    [Fact]
    public async Task RunAsync_OfARequest_GivesItsTimeBackAndFollowsTheCostOfACrop()
    {
        await using var engine = new InferenceEngine(new QueueOptions(), new DecodingOptions { Threads = 1 }, TimeProvider.System);
        var before = session.CropTime;

        using var result = Answered(await engine.RunAsync(Request(crops: 10, seed: 1)));

        Assert.Equal((TimeSpan.Zero, 0), (engine.Wait, engine.WaitingCrops));
        Assert.NotEqual(TimeSpan.Zero, session.CropTime);
        Assert.NotEqual(before, session.CropTime);
    }

    [Fact]
    public async Task RunAsync_CancelledWhileItWaits_LeavesWithoutARun()
    {
        await using var engine = Engine(limit: 20);
        using var client = new CancellationTokenSource();
        var running = engine.RunAsync(Request(1));
        await clock.Reached;
        var leaving = Request(2, client: client);
        var (cancelled, kept) = (engine.RunAsync(leaving), engine.RunAsync(Request(3)));

        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal((1, 2), (engine.WaitingCrops, engine.InflightCount));
        clock.Open();
        Answered(await running);
        Answered(await kept);
        Assert.Equal(0, leaving.Started);
        Assert.Equal(0, engine.WaitingCrops);
    }

    [Fact]
    public async Task RunAsync_CancelledBefore_NeverWaits()
    {
        await using var engine = Engine(limit: 20);

        using var client = new CancellationTokenSource();
        await client.CancelAsync();

        var cancelled = engine.RunAsync(Request(1, client: client));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal(0, engine.WaitingCrops);
    }

    [Fact]
    public async Task RunAsync_TheSameRequestAgain_Throws()
    {
        clock.Open();
        await using var engine = Engine(limit: 20);
        var request = Request(1);
        Answered(await engine.RunAsync(request));

        await Assert.ThrowsAsync<InvalidOperationException>(() => engine.RunAsync(request));
        Assert.Equal(0, engine.WaitingCrops);
    }

    [Fact]
    public async Task StopAsync_RequestsWaiting_AreFinishedAndNoMoreAreAccepted()
    {
        var engine = Engine(limit: 100);

        // The last request takes three runs, two of which begin after the stop.
        CropRequest[] requests = [Request(1), Request(2), Request(3, crops: 20)];
        var accepted = Array.ConvertAll(requests, engine.RunAsync);
        await clock.Reached;
        var stopping = engine.StopAsync(none);
        var late = await engine.RunAsync(Request(4));
        Assert.False(stopping.IsCompleted);
        clock.Open();
        var results = await Task.WhenAll(accepted);
        await stopping;

        Assert.Equal(new InferenceResult.Refused(Refusal.Draining), late);
        Assert.All(results[..2], result => Assert.Equal(1, Answered(result).Probabilities.ToArray().Sum(), 1e-5f));
        Assert.Equal(20, Answered(results[2]).Probabilities.ToArray().Sum(), 1e-4f);
        await engine.DisposeAsync();
    }

    [Fact]
    public async Task StopAsync_ToldNotToWait_RefusesWhatHasNotBegun()
    {
        var engine = Engine(limit: 100);
        var running = engine.RunAsync(Request(1));
        await clock.Reached;
        var waiting = engine.RunAsync(Request(2, crops: 8));

        var stopping = engine.StopAsync(new CancellationToken(canceled: true));

        Assert.Equal(new InferenceResult.Refused(Refusal.Draining), await waiting);
        clock.Open();
        Answered(await running);
        await stopping;
        await engine.DisposeAsync();
    }

    [Fact]
    public async Task RunAsync_ARunThatThrows_FailsOnlyItsOwnRequest()
    {
        clock.Open();
        await using var engine = Engine(limit: 100);
        var broken = folder.Open(TestFolder.Card("broken"), TestFolder.Graph());
        broken.Dispose();

        var (failing, fine) = (engine.RunAsync(Request(1, on: broken)), engine.RunAsync(Request(2)));

        await Assert.ThrowsAnyAsync<Exception>(() => failing);
        Assert.Equal(1, Answered(await fine).Probabilities.ToArray().Sum(), 1e-5f);
        Assert.Equal((0, 0), (engine.WaitingCrops, engine.InflightCount));
    }

    [Fact]
    public async Task RunAsync_SeveralModelsWaiting_OldestFirstAndTogetherWithItsOwn()
    {
        await using var engine = Engine(limit: 100);
        using var other = folder.Open(TestFolder.Card("other"), TestFolder.Graph(seed: 5));
        var gate = engine.RunAsync(Request(0));
        await clock.Reached;
        CropRequest[] requests = [Request(1), Request(2, on: other), Request(3), Request(4, on: other)];
        var answers = Array.ConvertAll(requests, engine.RunAsync);

        clock.Open();
        await Task.WhenAll(answers.Append(gate));

        Assert.Equal(requests[0].Started, requests[2].Started);
        Assert.Equal(requests[1].Started, requests[3].Started);
        Assert.True(requests[0].Finished <= requests[1].Started);
    }

    [Fact]
    public async Task RunAsync_AFloodForOneModel_LeavesTheOtherItsTurns()
    {
        await using var engine = Engine(limit: 1000);
        using var other = folder.Open(TestFolder.Card("other"), TestFolder.Graph(seed: 5));
        var gate = engine.RunAsync(Request(0));
        await clock.Reached;

        // Five runs of eight crops for one model, and behind them a single crop for the other.
        CropRequest[] flood = [.. Enumerable.Range(1, 40).Select(seed => Request(seed))];
        var single = Request(99, on: other);
        Task[] answers = [.. flood.Append(single).Select(engine.RunAsync), gate];
        clock.Open();
        await Task.WhenAll(answers);

        Assert.True(flood[7].Started < single.Started);
        Assert.True(single.Started < flood[8].Started);
    }

    [Fact]
    public async Task RunAsync_CancelledWhileItRuns_IsFinished()
    {
        await using var engine = Engine(limit: 20);
        using var client = new CancellationTokenSource();
        var running = engine.RunAsync(Request(1, client: client));
        await clock.Reached;

        await client.CancelAsync();
        clock.Open();

        Assert.Equal(1, Answered(await running).Probabilities.ToArray().Sum(), 1e-5f);
    }

    [Fact]
    public async Task RunAsync_PastItsDeadlineWhenItsTurnComes_LeavesWithoutARun()
    {
        clock.Open();
        await using var engine = Engine(limit: 20);
        var late = Request(1, deadline: TimeSpan.Zero);

        var (expired, fine) = (engine.RunAsync(late), engine.RunAsync(Request(2)));

        Assert.IsType<InferenceResult.Expired>(await expired);
        Answered(await fine);
        Assert.Equal(0, late.Started);
        Assert.Equal(0, engine.WaitingCrops);
    }

    [Fact]
    public async Task SetConcurrency_Two_TakesTwoBatchesAtATime()
    {
        await using var engine = Engine(limit: 20);
        engine.SetConcurrency(2);
        var first = engine.RunAsync(Request(1));
        await clock.Reached;
        var second = engine.RunAsync(Request(2));

        // Both requests are at the gate: with one thread the second would still wait.
        while (engine.WaitingCrops > 0)
        {
            await Task.Delay(1, none);
        }

        clock.Open();
        await Task.WhenAll(first, second);
    }

    private static InferenceResult.Answered Answered(InferenceResult result) => Assert.IsType<InferenceResult.Answered>(result);

    private InferenceEngine Engine(int limit) =>
        new(new QueueOptions { LimitCrops = limit }, new DecodingOptions { Threads = 1 }, clock);

    private CropRequest Request(
        int seed, int crops = 1, ModelSession? on = null, TimeSpan? deadline = null, CancellationTokenSource? client = null) =>
        new(TestFolder.Crops(crops, seed), Ensemble.Alone(on ?? session)) { Deadline = deadline, Cancellation = client?.Token ?? default };
}
