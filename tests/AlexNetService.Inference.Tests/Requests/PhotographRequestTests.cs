using AlexNetService.Imaging;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Tests.Requests;

public sealed class PhotographRequestTests : IDisposable
{
    private readonly TestFolder folder = new();
    private readonly CountingClock clock = new();
    private readonly ModelSession a;
    private readonly ModelSession b;

    public PhotographRequestTests()
    {
        a = folder.Open(TestFolder.Card("a"), TestFolder.Graph(1), maxCropsPerRun: 20);
        b = folder.Open(TestFolder.Card("b"), TestFolder.Graph(2), maxCropsPerRun: 20);
    }

    public void Dispose()
    {
        clock.Open();
        a.Dispose();
        b.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task RunAsync_APhotograph_IsTheEnsemblesMeanAndEachMembersOwn()
    {
        clock.Open();
        await using var engine = Engine();
        var canvas = TestFolder.RandomCanvas(1);

        using var result = await engine.RunAsync(Request(1, TestEnsemble.Of(a, b)));

        var (answered, ofA, ofB) = (Answered(result), CropByCrop(a), CropByCrop(b));
        TestEnsemble.Equal([.. ofA.Zip(ofB, (x, y) => (x + y) / 2)], answered.Probabilities.Span);
        TestEnsemble.Equal(ofA, answered.MemberProbabilities(0).Span);
        TestEnsemble.Equal(ofB, answered.MemberProbabilities(1).Span);
        Assert.True(answered.Timing is { Decode.Ticks: > 0, Queue.Ticks: > 0, Infer.Ticks: > 0 });

        float[] CropByCrop(ModelSession session) => TestEnsemble.CropByCrop(session, canvas, TestViews.Ten);
    }

    [Theory]
    [InlineData(TestViews.Centre)]
    [InlineData(TestViews.Ten)]
    public async Task RunAsync_WithViews_KeepsTheCanvasAndEachCropsOwnAnswer(TestViews views)
    {
        clock.Open();
        await using var engine = Engine();
        var canvas = TestFolder.RandomCanvas(1);
        var ensemble = TestEnsemble.Of(new EnsembleMember(a, 1), new EnsembleMember(b, 3));

        using var result = await engine.RunAsync(new PhotographRequest(TestEnsemble.Png(canvas), ensemble, views) { WithViews = true });

        var answered = Answered(result);
        Assert.Equal(canvas.Pixels, answered.Canvas.ToArray());
        var (mean, crop) = (new float[TestFolder.Classes], new byte[a.CropBytes]);
        var (ofA, ofB) = (new float[TestFolder.Classes], new float[TestFolder.Classes]);
        foreach (var (i, window) in TestEnsemble.Windows(a, views).Index())
        {
            window.CopyTo(canvas.Pixels, TestFolder.Canvas, crop, TestFolder.Crop);
            a.Run(crop, 1, ofA);
            b.Run(crop, 1, ofB);
            var found = answered.ViewProbabilities.Slice(i * TestFolder.Classes, TestFolder.Classes);
            TestEnsemble.Equal([.. ofA.Zip(ofB, (x, y) => (x + (3 * y)) / 4)], found.Span);
            for (var label = 0; label < mean.Length; label++)
            {
                mean[label] += found.Span[label] / (int)views;
            }
        }

        Assert.Equal((int)views * TestFolder.Classes, answered.ViewProbabilities.Length);
        TestEnsemble.Equal(mean, answered.Probabilities.Span);
    }

    [Fact]
    public async Task RunAsync_WithoutViews_KeepsNeither()
    {
        clock.Open();
        await using var engine = Engine();

        using var result = await engine.RunAsync(Request(1, TestEnsemble.Of(a, b)));

        Assert.True(Answered(result).ViewProbabilities.IsEmpty);
        Assert.True(Answered(result).Canvas.IsEmpty);
    }

    [Theory]
    [InlineData(TestViews.Centre)]
    [InlineData(TestViews.Ten)]
    public async Task RunAsync_Features_AreTheMeanOfTheViews(TestViews views)
    {
        clock.Open();
        await using var engine = Engine();
        using var session = folder.Open(
            TestFolder.Card("features") with { Tensors = new TensorNames("image", "logits", "probabilities", "features") },
            TestFolder.Graph() with { WithFeatures = true });
        var canvas = TestFolder.RandomCanvas(1);

        using var result = await engine.RunAsync(
            new PhotographRequest(TestEnsemble.Png(canvas), Ensemble.Alone(session), views) { Outputs = OutputKinds.Features });

        // The features of this graph are the pixels themselves.
        var (mean, crop) = (new float[session.Features], new byte[session.CropBytes]);
        foreach (var window in TestEnsemble.Windows(session, views))
        {
            window.CopyTo(canvas.Pixels, TestFolder.Canvas, crop, TestFolder.Crop);
            for (var i = 0; i < mean.Length; i++)
            {
                mean[i] += crop[i] / (float)views;
            }
        }

        Assert.True(Answered(result).Timing.Infer > TimeSpan.Zero);
        TestEnsemble.Equal(mean, Answered(result).Features.Span, 1e-3f);
        Assert.True(Answered(result).Probabilities.IsEmpty);
        Assert.Equal(0, engine.WaitingCrops);
    }

    [Fact]
    public async Task RunAsync_NoPhotographOrNoRoom_SaysWhy()
    {
        clock.Open();
        await using var engine = Engine(limit: 9);

        var text = await engine.RunAsync(new PhotographRequest(new byte[100], TestEnsemble.Of(a), TestViews.Centre));
        var full = await engine.RunAsync(Request(1, TestEnsemble.Of(a)));

        Assert.Equal(DecodeFaultKind.UnknownFormat, Assert.IsType<InferenceResult.Undecodable>(text).Fault.Kind);
        Assert.Equal(Refusal.QueueFull, Assert.IsType<InferenceResult.Refused>(full).Reason);
        Assert.Equal(0, engine.WaitingCrops);
    }

    [Fact]
    public async Task RunAsync_FeaturesThatNoCardNamesOrOfTwoModels_Throws()
    {
        await using var engine = Engine();
        var (alone, both) = (Request(1, TestEnsemble.Of(a), OutputKinds.Features), Request(1, TestEnsemble.Of(a, b), OutputKinds.Logits));

        await Assert.ThrowsAsync<ArgumentException>(() => engine.RunAsync(alone));
        await Assert.ThrowsAsync<ArgumentException>(() => engine.RunAsync(both));
    }

    [Fact]
    public async Task RunAsync_DeadlineWhileOthersRun_ExpiresWithoutARunAndGivesItsRoomBack()
    {
        await using var engine = Engine();
        var running = engine.RunAsync(Request(1, TestEnsemble.Of(a)));
        await clock.Reached;

        var expiring = engine.RunAsync(Request(2, TestEnsemble.Of(a, b), deadline: TimeSpan.FromTicks(1)));
        clock.RingTimers();
        var result = await expiring;

        Assert.True(Assert.IsType<InferenceResult.Expired>(result).Waited > TimeSpan.Zero);
        Assert.Equal(0, engine.WaitingCrops);
        clock.Open();
        Answered(await running);
    }

    [Fact]
    public async Task RunAsync_TimerALittleEarlyByTheClock_ExpiresAllTheSame()
    {
        await using var engine = Engine();
        var running = engine.RunAsync(Request(1, TestEnsemble.Of(a)));
        await clock.Reached;

        var early = engine.RunAsync(Request(2, TestEnsemble.Of(a, b), deadline: TimeSpan.FromDays(1)));
        clock.RingTimers();

        Assert.IsType<InferenceResult.Expired>(await early);
        Assert.Equal(0, engine.WaitingCrops);
        clock.Open();
        Answered(await running);
    }

    [Fact]
    public async Task RunAsync_DeadlineOnceOneMemberWasTaken_FinishesTheOthers()
    {
        await using var engine = Engine();
        var request = engine.RunAsync(Request(1, TestEnsemble.Of(a, b), deadline: TimeSpan.FromDays(1)));
        await clock.Reached;

        // A run has taken the first member's crops and waits at the gate; the second member's are still queued.
        clock.RingTimers();
        clock.Open();

        Answered(await request);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task RunAsync_DeadlinesOfAllLengths_NoRunIsSpentOnARequestThatExpires(int threads)
    {
        clock.Open();
        await using var engine = Engine();
        engine.SetConcurrency(threads);
        var ends = new HashSet<Type>();
        for (var ticks = 1; ticks <= 30; ticks++)
        {
            // The clock advances by a tick whenever it is read, so each deadline falls between two other steps.
            var request = Request(ticks, TestEnsemble.Of(a, b), deadline: TimeSpan.FromTicks(ticks));
            using var result = await engine.RunAsync(request);

            ends.Add(result.GetType());
            Assert.Equal(result is InferenceResult.Expired ? 0 : 2, request.Jobs.Count(job => job.Started != 0));
            Assert.Equal(0, engine.WaitingCrops);
        }

        Assert.Equal(2, ends.Count);
    }

    [Fact]
    public async Task RunAsync_EngineStopsAndDoesNotWait_IsRefusedAsDraining()
    {
        await using var engine = Engine();
        var running = engine.RunAsync(Request(1, TestEnsemble.Of(a)));
        await clock.Reached;
        var waiting = engine.RunAsync(Request(2, TestEnsemble.Of(a)));

        var stopping = engine.StopAsync(new CancellationToken(canceled: true));

        Assert.Equal(new InferenceResult.Refused(Refusal.Draining), await waiting);
        clock.Open();
        Answered(await running);
        await stopping;
    }

    [Fact]
    public async Task RunAsync_ClientLeaves_IsCancelledAndGivesItsRoomBack()
    {
        await using var engine = Engine();
        var running = engine.RunAsync(Request(1, TestEnsemble.Of(a)));
        await clock.Reached;
        using var client = new CancellationTokenSource();

        var leaving = engine.RunAsync(Request(2, TestEnsemble.Of(a, b), client: client));
        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        Assert.Equal(0, engine.WaitingCrops);
        clock.Open();
        Answered(await running);
    }

    [Fact]
    public async Task RunAsync_OneBadPhotographOfMany_FailsAloneAndTheOthersAreInOrder()
    {
        clock.Open();
        await using var engine = Engine();
        var both = TestEnsemble.Of(a, b);

        var results = await engine.RunAsync([.. Enumerable.Range(0, 9).Select(seed =>
            seed == 4 ? new PhotographRequest(new byte[100], both, TestViews.Ten) : Request(seed, both))]);

        Assert.Equal(9, results.Count);
        for (var i = 0; i < results.Count; i++)
        {
            if (i == 4)
            {
                Assert.Equal(DecodeFaultKind.UnknownFormat, Assert.IsType<InferenceResult.Undecodable>(results[i]).Fault.Kind);
                continue;
            }

            using var alone = await engine.RunAsync(Request(i, both));
            TestEnsemble.Equal(Answered(alone).Probabilities.Span, Answered(results[i]).Probabilities.Span);
        }

        Assert.Equal(0, engine.WaitingCrops);
    }

    [Fact]
    public async Task RunAsync_NoRoomForTheFirstOfMany_RefusesAll()
    {
        await using var engine = Engine(limit: 40);
        Assert.Null(engine.Queue.Reserve(30, TimeSpan.Zero));
        var ensemble = TestEnsemble.Of(a);

        var results = await engine.RunAsync([Request(1, ensemble), Request(2, ensemble), Request(3, ensemble)]);

        Assert.Equal(3, results.Count);
        Assert.All(results, result => Assert.Equal(Refusal.QueueFull, Assert.IsType<InferenceResult.Refused>(result).Reason));
        Assert.Equal(30, engine.WaitingCrops);
        engine.Queue.Release(30, TimeSpan.Zero);
    }

    [Fact]
    public async Task RunAsync_AHugeNumber_HoldsOneRunsRoomAndLetsASmallRequestThrough()
    {
        await using var engine = Engine(limit: 40);
        var ensemble = TestEnsemble.Of(a);
        var huge = engine.RunAsync([.. Enumerable.Range(0, 100).Select(seed => Request(seed, ensemble))]);
        await clock.Reached;

        // Two of its photographs are at the gate and 98 more will follow, but there is room for others.
        Assert.Equal(20, engine.WaitingCrops);
        var small = engine.RunAsync(Request(7, ensemble));
        Assert.Equal(30, engine.WaitingCrops);
        clock.Open();
        var answer = Answered(await small);
        Assert.All(await huge, result => Assert.IsType<InferenceResult.Answered>(result));

        // In ticks of the clock: a few runs, not fifty.
        Assert.InRange(answer.Timing.Queue.Ticks, 1, 60);
    }

    [Fact]
    public async Task RunAsync_SmallPhotographBehindLargeOnes_DoesNotWaitForAll()
    {
        clock.Open();
        await using var engine = Engine();
        var ensemble = TestEnsemble.Of(a);
        var large = TestEnsemble.Png(new Canvas(3000, new byte[3 * 3000 * 3000]));

        var waiting = Enumerable.Range(0, 12)
            .Select(_ => engine.RunAsync(new PhotographRequest(large, ensemble, TestViews.Ten)))
            .ToArray();
        Answered(await engine.RunAsync(Request(1, ensemble)));

        Assert.Contains(waiting, request => !request.IsCompleted);
        Assert.All(await Task.WhenAll(waiting), result => Assert.IsType<InferenceResult.Answered>(result));
    }

    [Fact]
    public async Task RunAsync_ClientsLeaveWhileTheirLargePhotographsWait_EndsTheirDecoding()
    {
        clock.Open();
        await using var engine = Engine();
        using var client = new CancellationTokenSource();
        var large = TestEnsemble.Png(new Canvas(3000, new byte[3 * 3000 * 3000]));

        var leaving = Enumerable.Range(0, 12)
            .Select(_ => engine.RunAsync(
                new PhotographRequest(large, TestEnsemble.Of(a), TestViews.Ten) { Cancellation = client.Token }))
            .ToArray();
        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(leaving));
        Assert.Equal(0, engine.WaitingCrops);
    }

    private static InferenceResult.Answered Answered(InferenceResult result) => Assert.IsType<InferenceResult.Answered>(result);

    private static PhotographRequest Request(
        int seed,
        Ensemble ensemble,
        OutputKinds outputs = OutputKinds.Probabilities,
        TimeSpan? deadline = null,
        CancellationTokenSource? client = null) =>
        new(TestEnsemble.Png(seed), ensemble, TestViews.Ten)
        {
            Outputs = outputs,
            Deadline = deadline,
            Cancellation = client?.Token ?? default,
        };

    private InferenceEngine Engine(int limit = 1000) =>
        new(new QueueOptions { LimitCrops = limit, DeadlineMs = 0 }, new DecodingOptions { Threads = 1 }, clock);
}
