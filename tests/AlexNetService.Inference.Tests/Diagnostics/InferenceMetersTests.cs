using System.Diagnostics.Metrics;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Diagnostics;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;

namespace AlexNetService.Inference.Tests.Diagnostics;

public sealed class InferenceMetersTests : IDisposable
{
    private readonly TestFolder folder = new();
    private readonly GatedClock clock = new();
    private readonly RecordedMeter recorded = new();
    private readonly InferenceMeters meters;
    private readonly ModelSession session;

    public InferenceMetersTests()
    {
        meters = new InferenceMeters(recorded);
        session = folder.Open(TestFolder.Card(), TestFolder.Graph(), maxCropsPerRun: 20);
    }

    public void Dispose()
    {
        clock.Open();
        session.Dispose();
        recorded.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Classified_TwoPictures_AreDecodedWaitedForAndRun()
    {
        clock.Open();
        await using var engine = Engine(limit: 100);

        await engine.RunAsync(Request(TestViews.Ten));
        await engine.RunAsync(Request(TestViews.Centre));

        Assert.Equal([10.0, 1.0], recorded.Values("alexnet.run.crops"));
        Assert.Equal(
            ["alexnet.model=tiny alexnet.batch_size=10", "alexnet.model=tiny alexnet.batch_size=1"],
            recorded.Tags("alexnet.run.duration"));
        Assert.Equal(["alexnet.model=tiny", "alexnet.model=tiny"], recorded.Tags("alexnet.queue.wait"));
        Assert.Equal(2, recorded.Values("alexnet.decode.duration").Count);
        Assert.All(["alexnet.run.duration", "alexnet.queue.wait", "alexnet.decode.duration"], name =>
        {
            Assert.Equal("s", recorded.Unit(name));
            Assert.All(recorded.Values(name), seconds => Assert.InRange(seconds, 0, 60));
        });
    }

    [Fact]
    public async Task NotClassified_RefusedExpiredAndCancelled_AreCountedEach()
    {
        await using var engine = Engine(limit: 20);
        var running = engine.RunAsync(Request(TestViews.Centre));
        await clock.Reached;
        var expiring = engine.RunAsync(Request(TestViews.Ten, TimeSpan.FromDays(1)));
        clock.RingTimers();
        await expiring;

        using var client = new CancellationTokenSource();
        var leaving = engine.RunAsync(Request(TestViews.Ten, client: client));
        recorded.Observe();
        var waiting = recorded.Values("alexnet.queue.crops")[^1];
        Assert.Null(engine.Queue.Reserve(10, TimeSpan.Zero));
        await engine.RunAsync(Request(TestViews.Ten));
        engine.Queue.Release(10, TimeSpan.Zero);
        await client.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        clock.Open();
        await running;

        Assert.Equal(10, waiting);
        recorded.Observe();
        Assert.Equal(1, recorded.Values("alexnet.pictures.expired")[^1]);
        Assert.Equal(1, recorded.Values("alexnet.pictures.cancelled")[^1]);
        Assert.Equal([1.0, 0.0], recorded.Values("alexnet.pictures.refused").TakeLast(2));
        Assert.Equal(["alexnet.reason=queue_full", "alexnet.reason=draining"], recorded.Tags("alexnet.pictures.refused").TakeLast(2));
    }

    [Fact]
    public async Task Predicted_APhotographAndCrops_CountsTheClassOfThePhotograph()
    {
        clock.Open();
        await using var engine = Engine(limit: 100);

        using var answered = Assert.IsType<InferenceResult.Answered>(await engine.RunAsync(Request(TestViews.Centre)));
        using var crops = await engine.RunAsync(new CropRequest(new byte[session.TensorBytes], Ensemble.Alone(session)));

        Assert.IsType<InferenceResult.Answered>(crops);
        var best = Prediction.Top(answered.Probabilities.Span, session.Card.Labels, 1)[0].Label.Name;
        Assert.Equal([$"alexnet.model=tiny alexnet.class={best}"], recorded.Tags(InferenceMeters.Predictions));
        Assert.Equal("{picture}", recorded.Unit(InferenceMeters.Predictions));
    }

    [Fact]
    public void NativeMemory_WithALibraryLoaded_IsMoreThanNothing()
    {
        recorded.Observe();

        Assert.Equal("By", recorded.Unit("alexnet.memory.native"));
        Assert.True(recorded.Values("alexnet.memory.native")[^1] > 0);
    }

    private PhotographRequest Request(TestViews views, TimeSpan? deadline = null, CancellationTokenSource? client = null) =>
        new(TestEnsemble.Png(1), Ensemble.Alone(session), views) { Deadline = deadline, Cancellation = client?.Token ?? default };

    private InferenceEngine Engine(int limit) =>
        new(new QueueOptions { LimitCrops = limit }, new DecodingOptions { Threads = 1 }, clock, meters);

    /// <summary>Creates the meter and keeps its measurements.</summary>
    private sealed class RecordedMeter : IMeterFactory
    {
        private readonly MeterListener listener = new();
        private readonly List<(Instrument Instrument, double Value, string Tags)> measured = [];
        private Meter? meter;

        public RecordedMeter()
        {
            listener.InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter == meter)
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            };
            listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
            listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
            listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Keep(instrument, value, tags));
        }

        public Meter Create(MeterOptions options)
        {
            meter = new Meter(options.Name);
            listener.Start();
            return meter;
        }

        public void Observe() => listener.RecordObservableInstruments();

        public List<double> Values(string name) => Of(name, found => found.Value);

        public List<string> Tags(string name) => Of(name, found => found.Tags);

        public string? Unit(string name) => Of(name, found => found.Instrument.Unit)[0];

        public void Dispose()
        {
            listener.Dispose();
            meter?.Dispose();
        }

        private List<T> Of<T>(string name, Func<(Instrument Instrument, double Value, string Tags), T> part)
        {
            lock (measured)
            {
                return [.. measured.Where(found => found.Instrument.Name == name).Select(part)];
            }
        }

        private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var text = string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
            lock (measured)
            {
                measured.Add((instrument, value, text));
            }
        }
    }
}
