using AlexNetService.Inference.Batching;
using AlexNetService.Inference.Decoding;

namespace AlexNetService.Inference.Ensembles;

/// <summary>
/// The way of a photograph through the service: a place in the queue, canvases, crops, probabilities. The place comes first, so
/// that an overloaded service refuses before it decodes.
/// </summary>
/// <param name="engine">Runs the crops.</param>
/// <param name="decoders">Decode the photograph.</param>
/// <param name="time">Where timestamps come from.</param>
public sealed class PictureClassifier(CropEngine engine, DecodeWorkers decoders, TimeProvider time)
{
    /// <summary>Classifies a photograph.</summary>
    /// <param name="encoded">The file's bytes; must stay as they are until the task is done.</param>
    /// <param name="ensemble">The models.</param>
    /// <param name="views">Which crops are averaged.</param>
    /// <param name="cancellation">Takes the photograph out of the queue.</param>
    /// <exception cref="OperationCanceledException">It was taken out.</exception>
    public async Task<ClassificationResult> ClassifyAsync(
        ReadOnlyMemory<byte> encoded, Ensemble ensemble, TestViews views, CancellationToken cancellation)
    {
        var admission = engine.Admit(ensemble.Members.Count * (int)views);
        if (admission.Place is null)
        {
            return new ClassificationResult.Refused(admission.Refusal ?? Refusal.QueueFull);
        }

        using var place = admission.Place;
        var admitted = time.GetTimestamp();
        if (!decoders.TryDecode(encoded, ensemble.CanvasSides, cancellation, out var decoding))
        {
            return new ClassificationResult.Refused(Refusal.QueueFull);
        }

        var (picture, fault) = await decoding;
        if (picture is null)
        {
            return fault is null
                ? throw new InvalidOperationException("The decoder gave neither canvases nor a fault.")
                : new ClassificationResult.Undecodable(fault);
        }

        var decoded = time.GetTimestamp();
        var works = ensemble.Works(picture, views);
        place.Submit(works, cancellation);
        var answers = await Task.WhenAll(works.Select(work => work.Done));
        var started = answers.Min(answer => answer.Started);
        float[][] byMember = [.. answers.Select(answer => answer.Probabilities)];
        return new ClassificationResult.Classified(ensemble.Mean(byMember), byMember, new ClassificationTiming(
            time.GetElapsedTime(admitted, decoded),
            time.GetElapsedTime(decoded, started),
            time.GetElapsedTime(started, answers.Max(answer => answer.Finished))));
    }
}
