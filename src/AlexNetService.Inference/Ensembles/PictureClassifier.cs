using System.Buffers;
using AlexNetService.Inference.Batching;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Diagnostics;

namespace AlexNetService.Inference.Ensembles;

/// <summary>
/// The way of a photograph through the service: a place in the queue, canvases, crops, probabilities. The place comes first, so
/// that an overloaded service refuses before it decodes.
/// </summary>
/// <param name="engine">Runs the crops.</param>
/// <param name="decoders">Decode the photograph.</param>
/// <param name="time">Where timestamps and deadlines come from.</param>
/// <param name="meters">Told of what is refused, expired or cancelled, or null.</param>
public sealed class PictureClassifier(CropEngine engine, DecodeWorkers decoders, TimeProvider time, InferenceMeters? meters = null)
{
    private readonly TimeSpan usual = engine.Options.Deadline;

    /// <summary>Classifies a photograph within the time that <see cref="QueueOptions.DeadlineMs"/> gives it.</summary>
    /// <param name="encoded">The file's bytes; must stay as they are until the task is done.</param>
    /// <param name="ensemble">The models.</param>
    /// <param name="views">Which crops are averaged.</param>
    /// <param name="cancellation">Takes the photograph out of the queue.</param>
    /// <returns>What became of it; to be disposed.</returns>
    /// <exception cref="OperationCanceledException">It was taken out.</exception>
    public Task<ClassificationResult> ClassifyAsync(
        ReadOnlyMemory<byte> encoded, Ensemble ensemble, TestViews views, CancellationToken cancellation) =>
        ClassifyAsync(encoded, ensemble, views, usual, cancellation);

    /// <summary>Classifies a photograph.</summary>
    /// <param name="encoded">The file's bytes; must stay as they are until the task is done.</param>
    /// <param name="ensemble">The models.</param>
    /// <param name="views">Which crops are averaged.</param>
    /// <param name="deadline">
    /// Time from the place in the queue until the first run; <see cref="Timeout.InfiniteTimeSpan"/> is as long as it takes.
    /// </param>
    /// <param name="cancellation">Takes the photograph out of the queue.</param>
    /// <returns>What became of it; to be disposed.</returns>
    /// <exception cref="OperationCanceledException">It was taken out.</exception>
    public async Task<ClassificationResult> ClassifyAsync(
        ReadOnlyMemory<byte> encoded, Ensemble ensemble, TestViews views, TimeSpan deadline, CancellationToken cancellation)
    {
        var admission = engine.Admit(ensemble.Members.Count * (int)views);
        if (admission.Place is null)
        {
            return Refuse(admission.Refusal ?? Refusal.QueueFull);
        }

        using var place = admission.Place;
        return await Admitted(encoded, ensemble, views, place.Submit, deadline, cancellation);
    }

    /// <summary>
    /// Classifies many photographs of one request. Only about one run's worth of them is in the queue at a time, so that whoever sends one
    /// photograph meanwhile waits for one run of these and not for all. A photograph that cannot be decoded fails alone.
    /// </summary>
    /// <param name="pictures">The files' bytes; must stay as they are until the task is done.</param>
    /// <param name="ensemble">The models.</param>
    /// <param name="views">Which crops are averaged.</param>
    /// <param name="deadline">
    /// Time for each photograph, from its own turn until its first run; <see cref="Timeout.InfiniteTimeSpan"/> is as long as it takes.
    /// </param>
    /// <param name="cancellation">Takes out those whose turn has not come.</param>
    /// <returns>What became of each, in order; to be disposed. Where there is no room for the first ones, all are refused.</returns>
    /// <exception cref="OperationCanceledException">They were taken out.</exception>
    public async Task<IReadOnlyList<ClassificationResult>> ClassifyManyAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> pictures, Ensemble ensemble, TestViews views, TimeSpan? deadline, CancellationToken cancellation)
    {
        var results = new ClassificationResult[pictures.Count];
        var crops = ensemble.Members.Count * (int)views;
        var lanes = Math.Min(pictures.Count, Lanes(ensemble, views, crops));
        var admission = engine.Admit(lanes * crops);
        if (admission.Place is not { } held)
        {
            for (var i = 0; i < results.Length; i++)
            {
                results[i] = Refuse(admission.Refusal ?? Refusal.QueueFull);
            }

            return results;
        }

        using var place = held;
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, lanes).Select(_ => Lane()));
        return results;

        async Task Lane()
        {
            while (Interlocked.Increment(ref next) is var mine && mine < results.Length)
            {
                results[mine] = await Admitted(pictures[mine], ensemble, views, place.SubmitAndKeep, deadline ?? usual, cancellation);
            }
        }
    }

    private int Lanes(Ensemble ensemble, TestViews views, int crops) => Math.Max(1, Math.Min(
        ensemble.Members.Min(member => member.Session.MaxCropsPerRun) / (int)views, engine.Options.LimitCrops / crops));

    private async Task<ClassificationResult> Admitted(
        ReadOnlyMemory<byte> encoded,
        Ensemble ensemble,
        TestViews views,
        Action<IReadOnlyList<CropWork>, CancellationToken> submit,
        TimeSpan deadline,
        CancellationToken cancellation)
    {
        using var patience = new Patience(time, deadline, cancellation);
        try
        {
            return await Run(encoded, ensemble, views, submit, patience);
        }
        catch (OperationCanceledException) when (patience.HasLeft)
        {
            meters?.Cancelled();
            throw;
        }
        catch (OperationCanceledException) when (patience.IsOver)
        {
            meters?.Expired();
            return new ClassificationResult.Expired(patience.Waited);
        }
        catch (OperationCanceledException)
        {
            // Neither the client nor the clock: the engine gave up what had not begun when it was stopped.
            return Refuse(Refusal.Draining);
        }
    }

    private async Task<ClassificationResult> Run(
        ReadOnlyMemory<byte> encoded,
        Ensemble ensemble,
        TestViews views,
        Action<IReadOnlyList<CropWork>, CancellationToken> submit,
        Patience patience)
    {
        if (!decoders.TryDecode(encoded, ensemble.CanvasSides, patience.Leaving, out var decoding))
        {
            return Refuse(Refusal.QueueFull);
        }

        var (picture, fault) = await decoding;
        if (picture is null)
        {
            return fault is null
                ? throw new InvalidOperationException("The decoder gave neither canvases nor a fault.")
                : new ClassificationResult.Undecodable(fault);
        }

        using (picture)
        {
            var decoded = time.GetTimestamp();
            var (members, classes) = (ensemble.Members.Count, ensemble.Labels.Count);
            var memory = ArrayPool<float>.Shared.Rent((1 + members) * classes);
            var works = ensemble.Works(picture, views, memory.AsMemory(classes, members * classes));
            foreach (var work in works)
            {
                work.Deadline = patience.Due;
            }

            submit(works, patience.Leaving);
            var answers = await Task.WhenAll(works.Select(work => work.Done));
            ensemble.Mean(memory.AsSpan(classes, members * classes), memory.AsSpan(0, classes));
            var started = answers.Min(answer => answer.Started);
            return new ClassificationResult.Classified(memory, members, classes, new ClassificationTiming(
                time.GetElapsedTime(patience.Begun, decoded),
                time.GetElapsedTime(decoded, started),
                time.GetElapsedTime(started, answers.Max(answer => answer.Finished))));
        }
    }

    private ClassificationResult.Refused Refuse(Refusal refusal)
    {
        meters?.Refused(refusal);
        return new ClassificationResult.Refused(refusal);
    }
}
