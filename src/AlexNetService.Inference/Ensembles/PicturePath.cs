using AlexNetService.Inference.Batching;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Diagnostics;

namespace AlexNetService.Inference.Ensembles;

/// <summary>
/// What photographs have in common, whatever is wanted of them: a place in the queue first, so that an overloaded service refuses before
/// it decodes; then canvases; then works, within a deadline.
/// </summary>
/// <param name="engine">Runs the crops.</param>
/// <param name="decoders">Decode the photograph.</param>
/// <param name="time">Where timestamps and deadlines come from.</param>
/// <param name="meters">Told of what is refused, expired or cancelled, or null.</param>
internal sealed class PicturePath(CropEngine engine, DecodeWorkers decoders, TimeProvider time, InferenceMeters? meters)
{
    private readonly Deadlines deadlines = new(time, meters);

    /// <summary>Time until the first run, where nobody says otherwise.</summary>
    public TimeSpan Usual { get; } = engine.Options.Deadline;

    /// <summary>A place for the works of one photograph, and the whole way.</summary>
    /// <param name="crops">Crops that may be in the queue at a time.</param>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="sides">Distinct canvas sides, in pixels.</param>
    /// <param name="deadline">Time from the place in the queue until the first run.</param>
    /// <param name="answer">What becomes of the canvases.</param>
    /// <param name="cancellation">Whether the client has left.</param>
    public async Task<Outcome<T>> GoAsync<T>(
        int crops,
        ReadOnlyMemory<byte> encoded,
        IReadOnlyList<int> sides,
        TimeSpan deadline,
        Func<OpenPicture, Task<Outcome<T>>> answer,
        CancellationToken cancellation)
    {
        var admission = engine.Admit(crops);
        if (admission.Place is not { } held)
        {
            return Refuse(admission.Refusal);
        }

        using var place = held;
        return await GoAsync(place, encoded, sides, deadline, answer, cancellation);
    }

    /// <summary>The way of a photograph that shares its place with others.</summary>
    public Task<Outcome<T>> GoAsync<T>(
        QueuePlace place,
        ReadOnlyMemory<byte> encoded,
        IReadOnlyList<int> sides,
        TimeSpan deadline,
        Func<OpenPicture, Task<Outcome<T>>> answer,
        CancellationToken cancellation) => deadlines.WithinAsync<T>(
            deadline,
            async patience =>
            {
                if (!decoders.TryDecode(encoded, sides, patience.Leaving, out var decoding))
                {
                    return Refuse(Refusal.QueueFull);
                }

                var (canvases, fault) = await decoding;
                if (canvases is null)
                {
                    return fault is null
                        ? throw new InvalidOperationException("The decoder gave neither canvases nor a fault.")
                        : new ClassificationResult.Undecodable(fault);
                }

                using (canvases)
                {
                    return await answer(new OpenPicture(canvases, place, patience, time));
                }
            },
            cancellation);

    public ClassificationResult.Refused Refuse(Refusal? refusal) => deadlines.Refuse(refusal);
}

/// <summary>A photograph that is decoded and may go into the queue.</summary>
/// <param name="canvases">Its canvases; nobody may read them once the answer is there.</param>
/// <param name="place">The place in the queue.</param>
/// <param name="patience">How long its client waits.</param>
/// <param name="time">Where timestamps come from.</param>
internal sealed class OpenPicture(PictureCanvases canvases, QueuePlace place, Patience patience, TimeProvider time)
{
    private readonly long decoded = time.GetTimestamp();
    private bool decodeIsTraced;

    public PictureCanvases Canvases => canvases;

    /// <summary>Runs works in the room of the place; no more at a time than there is room for.</summary>
    /// <param name="works">The works, at least one.</param>
    /// <param name="keepPlace">Whether the room stays held for others to follow, and is not given back as soon as these run.</param>
    /// <returns>Where the time went, from the place in the queue to the end of these works.</returns>
    public async Task<ClassificationTiming> RunAsync(IReadOnlyList<CropWork> works, bool keepPlace)
    {
        var submitted = time.GetTimestamp();
        foreach (var work in works)
        {
            work.Deadline = patience.Due;
        }

        if (keepPlace)
        {
            place.SubmitAndKeep(works, patience.Leaving);
        }
        else
        {
            place.Submit(works, patience.Leaving);
        }

        var times = await Task.WhenAll(works.Select(work => work.Done));
        var started = times.Min(run => run.Started);
        Trace(works, submitted, started, times);
        return new ClassificationTiming(
            time.GetElapsedTime(patience.Begun, decoded),
            time.GetElapsedTime(decoded, started),
            time.GetElapsedTime(started, times.Max(run => run.Finished)));
    }

    private void Trace(IReadOnlyList<CropWork> works, long submitted, long started, CropTimes[] times)
    {
        if (!InferenceTraces.AreListenedTo)
        {
            return;
        }

        // Once, however many works follow each other.
        if (!decodeIsTraced)
        {
            InferenceTraces.Write("decode", time, patience.Begun, decoded);
            decodeIsTraced = true;
        }

        InferenceTraces.Write("queue", time, submitted, started);
        foreach (var (work, run) in works.Zip(times))
        {
            InferenceTraces.Write("run", time, run.Started, run.Finished, work.Session);
        }
    }
}
