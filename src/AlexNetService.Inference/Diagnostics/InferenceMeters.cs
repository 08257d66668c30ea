using System.Diagnostics.Metrics;
using AlexNetService.Inference.Batching;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Diagnostics;

/// <summary>What the engine counts and times, as OpenTelemetry names such things.</summary>
public sealed class InferenceMeters
{
    /// <summary>Name of the meter.</summary>
    public const string Name = "AlexNetService.Inference";

    private const string Model = "alexnet.model";
    private const string BatchSize = "alexnet.batch_size";
    private const string Reason = "alexnet.reason";
    private const string QueueFull = "queue_full";
    private const string Draining = "draining";

    private readonly Meter meter;
    private readonly Histogram<double> queueWait;
    private readonly Histogram<double> runTime;
    private readonly Histogram<int> cropsPerRun;
    private readonly Histogram<double> decodeTime;
    private readonly Counter<long> refused;
    private readonly Counter<long> expired;
    private readonly Counter<long> cancelled;

    /// <summary>Creates the instruments.</summary>
    /// <param name="factory">Owns the meter.</param>
    public InferenceMeters(IMeterFactory factory)
    {
        meter = factory.Create(Name);
        queueWait = meter.CreateHistogram<double>("alexnet.queue.wait", "s", "From a photograph's canvas to the run of its first crop, by model.");
        runTime = meter.CreateHistogram<double>("alexnet.run.duration", "s", "One run of a model, by model and crops in the run.");
        cropsPerRun = meter.CreateHistogram<int>("alexnet.run.crops", "{crop}", "Crops in a run, by model.");
        decodeTime = meter.CreateHistogram<double>("alexnet.decode.duration", "s", "Decoding one photograph to all of its canvases.");
        refused = meter.CreateCounter<long>("alexnet.pictures.refused", "{picture}", "Photographs that were not taken, by reason.");
        expired = meter.CreateCounter<long>("alexnet.pictures.expired", "{picture}", "Photographs that waited past their deadline.");
        cancelled = meter.CreateCounter<long>("alexnet.pictures.cancelled", "{picture}", "Photographs whose sender left.");

        // ONNX Runtime's managed interface does not give its arena's statistics: what is resident and not the collector's stands in.
        meter.CreateObservableUpDownCounter(
            "alexnet.memory.native", NativeBytes, "By", "Resident memory outside the managed heap: weights, arena, decoders.");
    }

    internal void Watch(CropEngine engine) => meter.CreateObservableUpDownCounter(
        "alexnet.queue.crops", () => engine.WaitingCrops, "{crop}", "Crops that wait, or for which room is held.");

    internal void Waited(ModelSession session, TimeSpan time) => queueWait.Record(time.TotalSeconds, new KeyValuePair<string, object?>(Model, session.Card.Name));

    internal void Ran(ModelSession session, int crops, TimeSpan time)
    {
        var model = new KeyValuePair<string, object?>(Model, session.Card.Name);
        runTime.Record(time.TotalSeconds, model, new KeyValuePair<string, object?>(BatchSize, crops));
        cropsPerRun.Record(crops, model);
    }

    internal void Decoded(TimeSpan time) => decodeTime.Record(time.TotalSeconds);

    internal void Refused(Refusal refusal) =>
        refused.Add(1, new KeyValuePair<string, object?>(Reason, refusal == Refusal.Draining ? Draining : QueueFull));

    internal void Expired() => expired.Add(1);

    internal void Cancelled() => cancelled.Add(1);

    private static long NativeBytes() => Environment.WorkingSet - GC.GetGCMemoryInfo().TotalCommittedBytes;
}
