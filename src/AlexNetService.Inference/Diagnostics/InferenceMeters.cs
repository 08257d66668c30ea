using System.Diagnostics.Metrics;
using System.Globalization;
using AlexNetService.Inference.Catalog;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Diagnostics;

/// <summary>Counters and timers of the engine, named as OpenTelemetry recommends.</summary>
public sealed class InferenceMeters
{
    /// <summary>Name of the meter.</summary>
    public const string Name = "AlexNetService.Inference";

    /// <summary>
    /// Name of the counter of predicted classes. It has a series for each class of each model, so whoever collects it limits them.
    /// </summary>
    public const string Predictions = "alexnet.predictions";

    private const string Model = "alexnet.model";

    // From a small model on a fast machine to the default deadline of thirty seconds.
    private static readonly InstrumentAdvice<double> Seconds =
        new() { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] };

    private static readonly InstrumentAdvice<int> Crops = new() { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 40, 80, 160] };

    private readonly Meter meter;
    private readonly Histogram<double> queueWait;
    private readonly Histogram<double> runTime;
    private readonly Histogram<int> cropsPerRun;
    private readonly Histogram<double> decodeTime;
    private readonly Counter<long> predictions;
    private long queueFull;
    private long draining;
    private long expired;
    private long cancelled;
    private long notFinite;

    /// <summary>Creates the instruments.</summary>
    public InferenceMeters(IMeterFactory factory)
    {
        meter = factory.Create(Name);
        queueWait = Times("alexnet.queue.wait", "From the decoded photograph to the run of its first crop, by model.");
        runTime = Times("alexnet.run.duration", "One run of a model, by model and crops in the run.");
        decodeTime = Times("alexnet.decode.duration", "Decoding of one photograph to all of its canvases.");
        cropsPerRun = meter.CreateHistogram("alexnet.run.crops", "{crop}", "Crops in a run, by model.", tags: null, Crops);
        predictions = meter.CreateCounter<long>(
            Predictions, "{picture}", "Photographs by the class that a model found most probable, by model and name of the class.");

        // Observable, so that each counter exists from the start, at 0: a rate needs a first value.
        meter.CreateObservableCounter<long>(
            "alexnet.pictures.refused",
            () => [Count(ref queueFull, "queue_full"), Count(ref draining, "draining")],
            "{picture}",
            "Requests that were not accepted, by reason.");
        meter.CreateObservableCounter(
            "alexnet.pictures.expired", () => Interlocked.Read(ref expired), "{picture}", "Requests that timed out while queued.");
        meter.CreateObservableCounter(
            "alexnet.pictures.cancelled", () => Interlocked.Read(ref cancelled), "{picture}", "Requests whose sender left.");
        meter.CreateObservableCounter(
            "alexnet.pictures.not_finite",
            () => Interlocked.Read(ref notFinite),
            "{picture}",
            "Requests that a model answered with values that are not finite numbers.");

        // ONNX Runtime's managed interface has no statistics of its arena: resident memory outside the managed heap stands in for them.
        meter.CreateObservableUpDownCounter(
            "alexnet.memory.native", NativeBytes, "By", "Resident memory outside the managed heap: weights, arena, decoders.");
    }

    /// <summary>
    /// Reports for each model of a catalog whether it is ready, and counts those that serve another version than the one that was wanted
    /// last.
    /// </summary>
    public void Watch(ModelCatalog catalog)
    {
        meter.CreateObservableGauge(
            "alexnet.models.ready",
            () => catalog.States().Select(Ready),
            "{model}",
            "1 if the model accepts requests, otherwise 0, by model and version.");
        meter.CreateObservableUpDownCounter(
            "alexnet.models.degraded",
            () => catalog.States().Count(state => state.IsDegraded),
            "{model}",
            "Models that serve another version because the wanted one was refused.");
    }

    internal void Watch(InferenceEngine engine) => meter.CreateObservableUpDownCounter(
        "alexnet.queue.crops", () => engine.WaitingCrops, "{crop}", "Crops that wait, or for which room is reserved.");

    internal void Waited(ModelSession session, TimeSpan time) =>
        queueWait.Record(time.TotalSeconds, new KeyValuePair<string, object?>(Model, session.Card.Name));

    internal void Ran(ModelSession session, int crops, TimeSpan time)
    {
        var model = new KeyValuePair<string, object?>(Model, session.Card.Name);
        runTime.Record(time.TotalSeconds, model, new KeyValuePair<string, object?>("alexnet.batch_size", crops));
        cropsPerRun.Record(crops, model);
    }

    internal void Decoded(TimeSpan time) => decodeTime.Record(time.TotalSeconds);

    /// <summary>Counts each model's own most probable class. Members of an ensemble may differ.</summary>
    internal void Predicted(Ensemble ensemble, InferenceResult.Answered answered)
    {
        if (!predictions.Enabled)
        {
            return;
        }

        foreach (var (place, member) in ensemble.Members.Index())
        {
            var (label, _) = Prediction.Top(answered.MemberProbabilities(place).Span, ensemble.Labels, 1)[0];
            predictions.Add(
                1,
                new KeyValuePair<string, object?>(Model, member.Session.Card.Name),
                new KeyValuePair<string, object?>("alexnet.class", label.Name));
        }
    }

    internal void Refused(Refusal refusal) => Interlocked.Increment(ref refusal == Refusal.Draining ? ref draining : ref queueFull);

    internal void Expired() => Interlocked.Increment(ref expired);

    internal void Cancelled() => Interlocked.Increment(ref cancelled);

    internal void NotFinite() => Interlocked.Increment(ref notFinite);

    private static Measurement<int> Ready(ModelState state) => new(
        state.Phase == ModelPhase.Ready ? 1 : 0,
        new KeyValuePair<string, object?>(Model, state.Name),
        new KeyValuePair<string, object?>("alexnet.version", state.Version?.ToString(CultureInfo.InvariantCulture) ?? "none"));

    private static Measurement<long> Count(ref long count, string reason) =>
        new(Interlocked.Read(ref count), new KeyValuePair<string, object?>("alexnet.reason", reason));

    private Histogram<double> Times(string name, string description) => meter.CreateHistogram(name, "s", description, tags: null, Seconds);

    private static long NativeBytes() => Environment.WorkingSet - GC.GetGCMemoryInfo().TotalCommittedBytes;
}
