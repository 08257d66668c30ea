using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;

namespace AlexNetService.Inference.Tests.Requests;

public sealed class CropRequestTests : IDisposable
{
    private const int Values = 3 * TestFolder.Crop * TestFolder.Crop;

    private readonly TestFolder folder = new();
    private readonly GatedClock clock = new();
    private readonly ModelSession session;
    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    public CropRequestTests() => session = folder.Open(TestFolder.Card(), TestFolder.Graph(), maxCropsPerRun: 8);

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
        var (crops, expected) = (TestFolder.Crops(count), new float[3 * count]);
        session.Run(crops, count, expected);

        using var result = await engine.RunAsync(Request(crops));

        var answered = Answered(result);
        Assert.Equal((TimeSpan.Zero, true), (answered.Timing.Decode, answered.Timing.Infer > TimeSpan.Zero));
        TestEnsemble.Equal(expected, answered.Probabilities.Span);
        TestEnsemble.Equal(expected, answered.MemberProbabilities(0).Span);
        Assert.True(answered.Logits.IsEmpty);
        Assert.Equal(0, engine.WaitingCrops);
    }

    [Fact]
    public async Task RunAsync_MoreCropsThanTheQueueHolds_HoldOneRunsRoomAndLetOthersThrough()
    {
        var ticks = new CountingClock();
        await using var engine = Engine(limit: 16, ticks);
        var many = engine.RunAsync(Request(TestFolder.Crops(800)));
        await ticks.Reached;

        Assert.Equal(8, engine.WaitingCrops);
        var few = engine.RunAsync(Request(TestFolder.Crops(8)));
        Assert.Equal(16, engine.WaitingCrops);
        var refused = await engine.RunAsync(Request(TestFolder.Crops(1)));
        ticks.Open();

        Assert.Equal(Refusal.QueueFull, Assert.IsType<InferenceResult.Refused>(refused).Reason);
        Answered(await many);

        // In ticks of the clock, of which every run takes several: a few runs, not a hundred.
        Assert.InRange(Answered(await few).Timing.Queue.Ticks, 1, 60);
    }

    [Fact]
    public async Task RunAsync_ClientLeaves_IsCancelledAndGivesItsRoomBack()
    {
        await using var engine = Engine(limit: 16);
        var running = engine.RunAsync(Request(TestFolder.Crops(1)));
        await clock.Reached;
        using var client = new CancellationTokenSource();

        var leaving = engine.RunAsync(Request(TestFolder.Crops(80), client: client));
        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        clock.Open();
        Answered(await running);
        Assert.Equal(0, engine.WaitingCrops);
    }

    [Fact]
    public async Task RunAsync_ClientLeavesBetweenTwoRuns_IsCancelled()
    {
        await using var engine = Engine(limit: 16);
        using var client = new CancellationTokenSource();
        var request = Request(TestFolder.Crops(80), client: client);
        var leaving = engine.RunAsync(request);
        await clock.Reached;

        await client.CancelAsync();
        clock.Open();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        Assert.Equal((1, 0), (request.JobsTaken, engine.WaitingCrops));
    }

    [Fact]
    public async Task RunAsync_PastItsDeadline_Expires()
    {
        await using var engine = Engine(limit: 320);
        var running = engine.RunAsync(Request(TestFolder.Crops(1)));
        await clock.Reached;

        var waiting = engine.RunAsync(Request(TestFolder.Crops(1), deadline: TimeSpan.FromDays(1)));
        clock.RingTimers();

        Assert.IsType<InferenceResult.Expired>(await waiting);
        clock.Open();
        Answered(await running);
    }

    [Fact]
    public async Task RunAsync_DeadlineAfterTheFirstRun_IsFinished()
    {
        await using var engine = Engine(limit: 320);
        var request = engine.RunAsync(Request(TestFolder.Crops(80), deadline: TimeSpan.FromDays(1)));
        await clock.Reached;

        clock.RingTimers();
        clock.Open();

        Assert.Equal(80, Answered(await request).Probabilities.ToArray().Sum(), 1e-3f);
    }

    [Fact]
    public async Task RunAsync_EngineStopped_IsRefusedAsDraining()
    {
        clock.Open();
        await using var engine = Engine(limit: 16);
        await engine.StopAsync(none);

        Assert.Equal(new InferenceResult.Refused(Refusal.Draining), await engine.RunAsync(Request(TestFolder.Crops(1))));
    }

    [Fact]
    public async Task RunAsync_WhatTheModelDoesNotGive_IsRefused()
    {
        await using var engine = Engine(limit: 16);
        var (alone, crops) = (Ensemble.Alone(session), TestFolder.Crops(2));
        using var other = folder.Open(TestFolder.Card("other"), TestFolder.Graph());

        foreach (var outputs in new OutputKinds[] { 0, OutputKinds.Features })
        {
            await Assert.ThrowsAsync<ArgumentException>(() => engine.RunAsync(new CropRequest(crops, alone) { Outputs = outputs }));
        }

        Assert.Throws<ArgumentException>(() => new CropRequest(new byte[Values + 1], alone));
        Assert.Throws<ArgumentException>(() => new CropRequest(default, alone));
        Assert.Throws<ArgumentException>(() => new CropRequest(crops, TestEnsemble.Of(session, other)));
        Assert.Equal(0, engine.WaitingCrops);
    }

    private static InferenceResult.Answered Answered(InferenceResult result) => Assert.IsType<InferenceResult.Answered>(result);

    private CropRequest Request(byte[] crops, TimeSpan? deadline = null, CancellationTokenSource? client = null) =>
        new(crops, Ensemble.Alone(session)) { Deadline = deadline, Cancellation = client?.Token ?? default };

    private InferenceEngine Engine(int limit, TimeProvider? time = null) =>
        new(new QueueOptions { LimitCrops = limit, DeadlineMs = 0 }, new DecodingOptions { Threads = 1 }, time ?? clock);
}
