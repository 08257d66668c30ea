using AlexNetService.Imaging;
using AlexNetService.Inference.Batching;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;

namespace AlexNetService.Inference.Tests.Ensembles;

public sealed class PictureClassifierTests : IDisposable
{
    private readonly TestFolder folder = new();
    private readonly CountingClock clock = new();
    private readonly DecodeWorkers decoders = new(new DecodingOptions { Threads = 1 });
    private readonly CancellationToken none = TestContext.Current.CancellationToken;
    private readonly ModelSession a;
    private readonly ModelSession b;

    public PictureClassifierTests()
    {
        a = folder.Open(TestFolder.Card("a"), TestFolder.Graph(1), maxCropsPerRun: 20);
        b = folder.Open(TestFolder.Card("b"), TestFolder.Graph(2), maxCropsPerRun: 20);
    }

    public void Dispose()
    {
        clock.Open();
        decoders.Dispose();
        a.Dispose();
        b.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task ClassifyAsync_APicture_IsTheEnsemblesMeanAndEachMembersOwn()
    {
        clock.Open();
        await using var engine = Engine();
        var ensemble = Of(a, b);

        using var result = await Classifier(engine).ClassifyAsync(Png(1), ensemble, TestViews.Ten, none);

        var classified = Assert.IsType<ClassificationResult.Classified>(result);
        PictureCanvases[] picture = [PictureCanvases.Decode(Png(1), ensemble.CanvasSides).Picture ?? throw new InvalidOperationException("No picture.")];
        Equal(ensemble.Probabilities(picture, TestViews.Ten)[0], classified.Probabilities);
        Equal(Of(a).Probabilities(picture, TestViews.Ten)[0], classified.ByMember[0]);
        Equal(Of(b).Probabilities(picture, TestViews.Ten)[0], classified.ByMember[1]);
    }

    [Fact]
    public async Task ClassifyAsync_DeadlineWhileOthersRun_ExpiresWithoutARunAndGivesItsRoomBack()
    {
        await using var engine = Engine();
        var classifier = Classifier(engine);
        var running = classifier.ClassifyAsync(Png(1), Of(a), TestViews.Centre, Timeout.InfiniteTimeSpan, none);
        await clock.Reached;

        var expiring = classifier.ClassifyAsync(Png(2), Of(a, b), TestViews.Ten, TimeSpan.FromTicks(1), none);
        clock.RingTimers();
        var result = await expiring;

        Assert.True(Assert.IsType<ClassificationResult.Expired>(result).Waited > TimeSpan.Zero);
        Assert.Equal(0, engine.WaitingCrops);
        clock.Open();
        Assert.IsType<ClassificationResult.Classified>(await running);
    }

    [Fact]
    public async Task ClassifyAsync_TimerALittleEarlyByTheClock_ExpiresAllTheSame()
    {
        await using var engine = Engine();
        var classifier = Classifier(engine);
        var running = classifier.ClassifyAsync(Png(1), Of(a), TestViews.Centre, Timeout.InfiniteTimeSpan, none);
        await clock.Reached;

        var early = classifier.ClassifyAsync(Png(2), Of(a, b), TestViews.Ten, TimeSpan.FromDays(1), none);
        clock.RingTimers();

        Assert.IsType<ClassificationResult.Expired>(await early);
        Assert.Equal(0, engine.WaitingCrops);
        clock.Open();
        Assert.IsType<ClassificationResult.Classified>(await running);
    }

    [Fact]
    public async Task ClassifyAsync_EngineStopsAndLosesItsPatience_IsRefusedAsDraining()
    {
        await using var engine = Engine();
        var classifier = Classifier(engine);
        var running = classifier.ClassifyAsync(Png(1), Of(a), TestViews.Centre, none);
        await clock.Reached;
        var waiting = classifier.ClassifyAsync(Png(2), Of(a), TestViews.Ten, none);

        var stopping = engine.StopAsync(new CancellationToken(canceled: true));

        Assert.Equal(new ClassificationResult.Refused(Refusal.Draining), await waiting);
        clock.Open();
        Assert.IsType<ClassificationResult.Classified>(await running);
        await stopping;
    }

    [Fact]
    public async Task ClassifyAsync_ClientLeaves_IsCancelledAndGivesItsRoomBack()
    {
        await using var engine = Engine();
        var classifier = Classifier(engine);
        var running = classifier.ClassifyAsync(Png(1), Of(a), TestViews.Centre, none);
        await clock.Reached;
        using var client = new CancellationTokenSource();

        var leaving = classifier.ClassifyAsync(Png(2), Of(a, b), TestViews.Ten, client.Token);
        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        Assert.Equal(0, engine.WaitingCrops);
        clock.Open();
        Assert.IsType<ClassificationResult.Classified>(await running);
    }

    [Fact]
    public async Task ClassifyManyAsync_OneBadPicture_FailsAloneAndTheOthersAreInOrder()
    {
        clock.Open();
        await using var engine = Engine();
        ReadOnlyMemory<byte>[] pictures = [.. Enumerable.Range(0, 9).Select(seed => seed == 4 ? new byte[100] : Png(seed))];

        var results = await Classifier(engine).ClassifyManyAsync(pictures, Of(a, b), TestViews.Ten, deadline: null, none);

        for (var i = 0; i < pictures.Length; i++)
        {
            if (i == 4)
            {
                Assert.Equal(DecodeFaultKind.UnknownFormat, Assert.IsType<ClassificationResult.Undecodable>(results[i]).Fault.Kind);
                continue;
            }

            using var alone = await Classifier(engine).ClassifyAsync(pictures[i], Of(a, b), TestViews.Ten, none);
            Equal(
                Assert.IsType<ClassificationResult.Classified>(alone).Probabilities.ToArray(),
                Assert.IsType<ClassificationResult.Classified>(results[i]).Probabilities);
        }

        Assert.Equal(0, engine.WaitingCrops);
    }

    [Fact]
    public async Task ClassifyManyAsync_NoRoomForTheFirstOnes_RefusesAll()
    {
        await using var engine = Engine(limit: 40);
        using var taken = engine.Admit(30).Place;

        var results = await Classifier(engine).ClassifyManyAsync([Png(1), Png(2), Png(3)], Of(a), TestViews.Ten, deadline: null, none);

        Assert.All(results, result => Assert.Equal(new ClassificationResult.Refused(Refusal.QueueFull), result));
        Assert.Equal(30, engine.WaitingCrops);
    }

    [Fact]
    public async Task ClassifyManyAsync_AHugeRequest_HoldsOneRunsRoomAndLetsASmallOneThrough()
    {
        await using var engine = Engine(limit: 40);
        var classifier = Classifier(engine);
        ReadOnlyMemory<byte>[] pictures = [.. Enumerable.Range(0, 100).Select(seed => Png(seed))];
        var huge = classifier.ClassifyManyAsync(pictures, Of(a), TestViews.Ten, deadline: null, none);
        await clock.Reached;

        // A run of its pictures stands before the gate, 98 more are to come: and yet there is room.
        Assert.Equal(20, engine.WaitingCrops);
        var small = classifier.ClassifyAsync(Png(7), Of(a), TestViews.Ten, none);
        Assert.Equal(30, engine.WaitingCrops);
        clock.Open();
        var answer = Assert.IsType<ClassificationResult.Classified>(await small);
        var results = await huge;
        Assert.All(results, result => Assert.IsType<ClassificationResult.Classified>(result));

        // In ticks of the clock, of which every run takes five and every picture three: a run or two, not fifty.
        Assert.InRange(answer.Timing.Queue.Ticks, 1, 60);
    }

    private static byte[] Png(int seed) => CanvasEncoder.Png(TestFolder.RandomCanvas(seed).Pixels, TestFolder.Canvas);

    private static Ensemble Of(params ModelSession[] members) =>
        Ensemble.Of([.. members.Select(member => new EnsembleMember(member))]).Ensemble ?? throw new InvalidOperationException("They do not fit.");

    private static void Equal(float[] expected, ReadOnlyMemory<float> found)
    {
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
    }

    private CropEngine Engine(int limit = 1000) => new(new QueueOptions { LimitCrops = limit, DeadlineMs = 0 }, clock);

    private PictureClassifier Classifier(CropEngine engine) => new(engine, decoders, clock);
}
