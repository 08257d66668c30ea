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
    private readonly PicturePath path = new(engine, decoders, time, meters);

    /// <summary>Classifies a photograph within the time that <see cref="QueueOptions.DeadlineMs"/> gives it.</summary>
    /// <param name="encoded">The file's bytes; must stay as they are until the task is done.</param>
    /// <param name="ensemble">The models.</param>
    /// <param name="views">Which crops are averaged.</param>
    /// <param name="cancellation">Takes the photograph out of the queue.</param>
    /// <returns>What became of it; to be disposed.</returns>
    /// <exception cref="OperationCanceledException">It was taken out.</exception>
    public Task<ClassificationResult> ClassifyAsync(
        ReadOnlyMemory<byte> encoded, Ensemble ensemble, TestViews views, CancellationToken cancellation) =>
        ClassifyAsync(encoded, ensemble, views, path.Usual, cancellation);

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
        var crops = ensemble.Members.Count * (int)views;
        return Result(await path.GoAsync(
            crops, encoded, ensemble.CanvasSides, deadline, picture => Classify(picture, ensemble, views, keepPlace: false), cancellation));
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
        IReadOnlyList<ReadOnlyMemory<byte>> pictures,
        Ensemble ensemble,
        TestViews views,
        TimeSpan? deadline,
        CancellationToken cancellation)
    {
        var results = new ClassificationResult[pictures.Count];
        var crops = ensemble.Members.Count * (int)views;
        var lanes = Math.Min(pictures.Count, Lanes(ensemble, views, crops));
        var admission = engine.Admit(lanes * crops);
        if (admission.Place is not { } held)
        {
            for (var i = 0; i < results.Length; i++)
            {
                results[i] = path.Refuse(admission.Refusal);
            }

            return results;
        }

        using var place = held;
        var next = -1;
        try
        {
            await Task.WhenAll(Enumerable.Range(0, lanes).Select(_ => Lane()));
            return results;
        }
        catch
        {
            // Every lane has ended; where one failed there are places without a result.
            foreach (var result in results)
            {
                result?.Dispose();
            }

            throw;
        }

        async Task Lane()
        {
            while (Interlocked.Increment(ref next) is var mine && mine < results.Length)
            {
                results[mine] = Result(await path.GoAsync(
                    place,
                    pictures[mine],
                    ensemble.CanvasSides,
                    deadline ?? path.Usual,
                    picture => Classify(picture, ensemble, views, keepPlace: true),
                    cancellation));
            }
        }
    }

    private int Lanes(Ensemble ensemble, TestViews views, int crops) => Math.Max(1, Math.Min(
        ensemble.Members.Min(member => member.Session.MaxCropsPerRun) / (int)views, engine.Options.LimitCrops / crops));

    private static async Task<Outcome<ClassificationResult.Classified>> Classify(
        OpenPicture picture, Ensemble ensemble, TestViews views, bool keepPlace)
    {
        var (members, classes) = (ensemble.Members.Count, ensemble.Labels.Count);
        var memory = ArrayPool<float>.Shared.Rent((1 + members) * classes);
        try
        {
            var byMember = memory.AsMemory(classes, members * classes);
            var timing = await picture.RunAsync(ensemble.Works(picture.Canvases, views, byMember), keepPlace);
            ensemble.Mean(byMember.Span, memory.AsSpan(0, classes));
            return new ClassificationResult.Classified(memory, members, classes, timing);
        }
        catch
        {
            // No run writes into it any more: a work that was begun with is waited for, whatever happens to its client.
            ArrayPool<float>.Shared.Return(memory);
            throw;
        }
    }

    private static ClassificationResult Result(Outcome<ClassificationResult.Classified> outcome) =>
        outcome.Unanswered as ClassificationResult ?? outcome.Answer
        ?? throw new InvalidOperationException("There is neither an answer nor a reason.");
}
