using AlexNetService.Inference.Batching;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;

namespace AlexNetService.Inference.Tests.Batching;

public sealed class CropEngineTests : IDisposable
{
    private readonly TestFolder folder = new();
    private readonly GatedClock clock = new();
    private readonly ModelSession session;
    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    public CropEngineTests() => session = folder.Open(TestFolder.Card(), TestFolder.Graph(), maxCropsPerRun: 8);

    public void Dispose()
    {
        clock.Open();
        session.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Submit_ManyWorks_EachGetsItsOwnAnswer()
    {
        clock.Open();
        await using var engine = Engine(limit: 1000);
        var ensemble = Ensemble.Of([new(session)]).Ensemble ?? throw new InvalidOperationException("They do not fit.");
        PictureCanvases[] pictures = [.. Enumerable.Range(0, 30).Select(seed => new PictureCanvases([TestFolder.RandomCanvas(seed)]))];
        CropWork[] works = [.. pictures.SelectMany(picture => ensemble.Works(picture, TestViews.Ten, new float[TestFolder.Classes]))];
        foreach (var work in works)
        {
            Submit(engine, work, none);
        }

        for (var i = 0; i < works.Length; i++)
        {
            var expected = ensemble.Probabilities([pictures[i]], TestViews.Ten)[0];
            await works[i].Done;
            Assert.All(expected.Zip(works[i].Targets.Probabilities.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
        }
    }

    [Fact]
    public async Task Admit_MoreThanTheLimit_IsRefusedUntilAPlaceIsGivenBack()
    {
        await using var engine = Engine(limit: 20);
        var first = engine.Admit(10).Place;
        using var second = engine.Admit(10).Place;

        var third = engine.Admit(1);
        first?.Dispose();
        first?.Dispose();
        using var fourth = engine.Admit(10).Place;

        Assert.NotNull(first);
        Assert.NotNull(second);
        Assert.Equal(new Admission(null, Refusal.QueueFull), third);
        Assert.NotNull(fourth);
        Assert.Equal(20, engine.WaitingCrops);
    }

    [Fact]
    public async Task Submit_CancelledWhileItWaits_LeavesWithoutARun()
    {
        await using var engine = Engine(limit: 20);
        using var client = new CancellationTokenSource();
        var (running, cancelled, kept) = (Work(1), Work(2), Work(3));
        Submit(engine, running, none);
        await clock.Reached;
        Submit(engine, cancelled, client.Token);
        Submit(engine, kept, none);

        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.Done);
        Assert.Equal(kept.Crops, engine.WaitingCrops);
        clock.Open();
        await kept.Done;
        Assert.Equal(0, cancelled.Started);
        Assert.Equal(0, engine.WaitingCrops);
    }

    [Fact]
    public async Task Submit_CancelledBefore_NeverWaits()
    {
        await using var engine = Engine(limit: 20);
        var work = Work(1);

        Submit(engine, work, new CancellationToken(canceled: true));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work.Done);
        Assert.Equal(0, engine.WaitingCrops);
    }

    [Fact]
    public async Task StopAsync_WorkWaiting_IsFinishedAndNoMoreIsTaken()
    {
        var engine = Engine(limit: 100);
        CropWork[] works = [Work(1), Work(2), Work(3)];
        foreach (var work in works)
        {
            Submit(engine, work, none);
        }

        await clock.Reached;
        var held = engine.Admit(10).Place;
        var stopping = engine.StopAsync(none);
        var late = engine.Admit(1);
        clock.Open();
        await Task.WhenAll(works.Select(work => work.Done));

        Assert.Equal(Refusal.Draining, late.Refusal);
        Assert.All(works, work => Assert.Equal(1, work.Targets.Probabilities.ToArray().Sum(), 1e-5f));
        Assert.False(stopping.IsCompleted);

        // Admitted before the stop, submitted after it: still served.
        var last = Work(4);
        held?.Submit([last], none);
        await last.Done;
        await stopping;
    }

    [Fact]
    public async Task StopAsync_PatienceAtItsEnd_CancelsWhatHasNotBegun()
    {
        var engine = Engine(limit: 100);
        var (running, waiting) = (Work(1), Work(2, TestViews.Ten));
        Submit(engine, running, none);
        await clock.Reached;
        Submit(engine, waiting, none);

        var stopping = engine.StopAsync(new CancellationToken(canceled: true));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Done);
        clock.Open();
        await running.Done;
        await stopping;
    }

    [Fact]
    public async Task Submit_ARunThatThrows_FailsOnlyItsOwnWorks()
    {
        clock.Open();
        await using var engine = Engine(limit: 100);
        var broken = folder.Open(TestFolder.Card("broken"), TestFolder.Graph());
        broken.Dispose();
        var (failing, fine) = (Work(1, on: broken), Work(2));

        Submit(engine, failing, none);
        Submit(engine, fine, none);

        await Assert.ThrowsAnyAsync<Exception>(() => failing.Done);
        await fine.Done;
        Assert.Equal(1, fine.Targets.Probabilities.ToArray().Sum(), 1e-5f);
    }

    [Fact]
    public async Task Submit_SeveralModelsWaiting_OldestFirstAndTogetherWithItsOwn()
    {
        await using var engine = Engine(limit: 100);
        using var other = folder.Open(TestFolder.Card("other"), TestFolder.Graph(seed: 5));
        var gate = Work(0);
        Submit(engine, gate, none);
        await clock.Reached;
        CropWork[] works = [Work(1), Work(2, on: other), Work(3), Work(4, on: other)];
        foreach (var work in works)
        {
            Submit(engine, work, none);
        }

        clock.Open();
        var answers = await Task.WhenAll(works.Select(work => work.Done));

        Assert.Equal(answers[0].Started, answers[2].Started);
        Assert.Equal(answers[1].Started, answers[3].Started);
        Assert.True(answers[0].Finished <= answers[1].Started);
    }

    [Fact]
    public async Task Submit_AFloodForOneModel_LeavesTheOtherItsTurns()
    {
        await using var engine = Engine(limit: 1000);
        using var other = folder.Open(TestFolder.Card("other"), TestFolder.Graph(seed: 5));
        Submit(engine, Work(0), none);
        await clock.Reached;

        // Five runs of eight crops for the one, and behind them a single crop for the other.
        CropWork[] flood = [.. Enumerable.Range(1, 40).Select(seed => Work(seed))];
        var single = Work(99, on: other);
        Array.ForEach(flood, work => Submit(engine, work, none));
        Submit(engine, single, none);
        clock.Open();
        await Task.WhenAll(flood.Append(single).Select(work => work.Done));

        Assert.True(flood[7].Started < single.Started);
        Assert.True(single.Started < flood[8].Started);
    }

    [Fact]
    public async Task Submit_CancelledWhileItRuns_IsFinished()
    {
        await using var engine = Engine(limit: 20);
        using var client = new CancellationTokenSource();
        var work = Work(1);
        Submit(engine, work, client.Token);
        await clock.Reached;

        await client.CancelAsync();
        clock.Open();

        await work.Done;
        Assert.Equal(1, work.Targets.Probabilities.ToArray().Sum(), 1e-5f);
    }

    [Fact]
    public async Task Submit_PastItsDeadlineWhenItsTurnComes_LeavesWithoutARun()
    {
        clock.Open();
        await using var engine = Engine(limit: 20);
        var (late, fine) = (Work(1), Work(2));
        late.Deadline = 1;

        Submit(engine, late, none);
        Submit(engine, fine, none);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => late.Done);
        await fine.Done;
        Assert.Equal(0, late.Started);
        Assert.Equal(0, engine.WaitingCrops);
    }

    [Fact]
    public async Task RunSideBySide_Two_TakesTwoBatchesAtATime()
    {
        await using var engine = Engine(limit: 20);
        engine.RunSideBySide(2);
        var (first, second) = (Work(1), Work(2));
        Submit(engine, first, none);
        await clock.Reached;
        Submit(engine, second, none);

        // Both stand before the gate: with one thread the second would wait.
        while (engine.WaitingCrops > 0)
        {
            await Task.Delay(1, none);
        }

        clock.Open();
        await Task.WhenAll(first.Done, second.Done);
        Assert.Equal(2, engine.ConcurrentRuns);
    }

    private static void Submit(CropEngine engine, CropWork work, CancellationToken cancellation)
    {
        using var place = engine.Admit(work.Crops).Place ?? throw new InvalidOperationException("No place.");
        place.Submit([work], cancellation);
    }

    private CropEngine Engine(int limit) => new(new QueueOptions { LimitCrops = limit }, clock);

    private CanvasWork Work(int seed, TestViews views = TestViews.Centre, ModelSession? on = null) =>
        new CanvasWork(
            on ?? session,
            TestFolder.RandomCanvas(seed).Pixels,
            views.Windows(session.Card.Preprocessing),
            new CropTargets { Probabilities = new float[TestFolder.Classes] });
}
