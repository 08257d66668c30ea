using AlexNetService.Inference.Batching;
using AlexNetService.Inference.Diagnostics;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Ensembles;

/// <summary>The way of crops that come without a photograph: through the same queue, in turn with everybody's.</summary>
/// <param name="engine">Runs the crops.</param>
/// <param name="time">Where timestamps and deadlines come from.</param>
/// <param name="meters">Told of what is refused, expired or cancelled, or null.</param>
public sealed class CropClassifier(CropEngine engine, TimeProvider time, InferenceMeters? meters = null)
{
    private readonly Deadlines deadlines = new(time, meters);

    /// <summary>
    /// Runs any number of crops within the time that <see cref="QueueOptions.DeadlineMs"/> gives them. Only one run's worth of them is in
    /// the queue at a time, so that whoever comes meanwhile waits for one run of these and not for all.
    /// </summary>
    /// <param name="session">The model; it must stay open until the task is done.</param>
    /// <param name="crops">The crops, at least one.</param>
    /// <param name="targets">Where the answers are written, a row a crop; what is asked for is what has memory.</param>
    /// <param name="cancellation">Takes out those whose turn has not come.</param>
    /// <exception cref="ArgumentException">
    /// The bytes are no whole number of crops, or the targets have room for another number, or name what the card does not.
    /// </exception>
    /// <exception cref="OperationCanceledException">They were taken out.</exception>
    public async Task<CropsResult> RunAsync(ModelSession session, GivenCrops crops, CropTargets targets, CancellationToken cancellation)
    {
        var count = crops.Count(session);
        targets.Require(session, count);
        var together = Math.Min(count, Math.Min(session.MaxCropsPerRun, engine.Options.LimitCrops));
        var admission = engine.Admit(together);
        if (admission.Place is not { } held)
        {
            return new CropsResult(default, deadlines.Refuse(admission.Refusal));
        }

        using var place = held;
        var (queue, infer) = (TimeSpan.Zero, TimeSpan.Zero);
        for (var first = 0; first < count; first += together)
        {
            var some = Math.Min(together, count - first);
            var work = new GivenWork(session, crops.Rows(first, some, session), targets.Rows(first, some, session));
            var (timing, unanswered) = await deadlines.WithinAsync(
                engine.Options.Deadline, patience => Run(work, place, patience), cancellation);
            if (unanswered is not null)
            {
                return new CropsResult(default, unanswered);
            }

            (queue, infer) = (queue + timing.Queue, infer + timing.Infer);
        }

        return new CropsResult(new ClassificationTiming(TimeSpan.Zero, queue, infer), null);
    }

    private async Task<Outcome<ClassificationTiming>> Run(GivenWork work, QueuePlace place, Patience patience)
    {
        work.Deadline = patience.Due;
        place.SubmitAndKeep([work], patience.Leaving);
        var (started, finished) = await work.Done;
        InferenceTraces.Write("queue", time, patience.Begun, started);
        InferenceTraces.Write("run", time, started, finished, work.Session);
        return new ClassificationTiming(
            TimeSpan.Zero, time.GetElapsedTime(patience.Begun, started), time.GetElapsedTime(started, finished));
    }
}

/// <summary>What became of crops that were to be run.</summary>
/// <param name="Timing">Where the time went, where they were run; there is nothing to decode.</param>
/// <param name="Unanswered">Why not, where they were not.</param>
public readonly record struct CropsResult(ClassificationTiming Timing, ClassificationResult.Unanswered? Unanswered);
