using AlexNetService.Inference.Batching;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Diagnostics;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Ensembles;

/// <summary>
/// The feature vector of a photograph: what the card names as features, the last hidden layer of an AlexNet. Photographs that look alike
/// have vectors that lie close (Krizhevsky 2012 §6.1).
/// </summary>
/// <param name="engine">Runs the crops.</param>
/// <param name="decoders">Decode the photograph.</param>
/// <param name="time">Where timestamps and deadlines come from.</param>
/// <param name="meters">Told of what is refused, expired or cancelled, or null.</param>
public sealed class PictureFeatures(CropEngine engine, DecodeWorkers decoders, TimeProvider time, InferenceMeters? meters = null)
{
    private readonly PicturePath path = new(engine, decoders, time, meters);

    /// <summary>Computes it within the time that <see cref="QueueOptions.DeadlineMs"/> gives a photograph.</summary>
    /// <param name="encoded">The file's bytes; must stay as they are until the task is done.</param>
    /// <param name="session">The model; its card names features.</param>
    /// <param name="views">Which crops are averaged.</param>
    /// <param name="cancellation">Takes the photograph out of the queue.</param>
    /// <exception cref="ArgumentException">The card names no features.</exception>
    /// <exception cref="OperationCanceledException">It was taken out.</exception>
    public async Task<FeaturesResult> OfAsync(
        ReadOnlyMemory<byte> encoded, ModelSession session, TestViews views, CancellationToken cancellation)
    {
        if (session.Features == 0)
        {
            throw new ArgumentException($"The card of '{session.Card.Name}' names no features.", nameof(session));
        }

        var input = session.Card.Preprocessing;
        var vector = new float[session.Features];
        var (timing, unanswered) = await path.GoAsync<ClassificationTiming>(
            (int)views,
            encoded,
            [input.Canvas],
            path.Usual,
            async picture =>
            {
                var targets = new CropTargets { Features = vector };
                var work = new CanvasWork(session, picture.Canvases[input.Canvas], views.Windows(input), targets);
                return await picture.RunAsync([work], keepPlace: false);
            },
            cancellation);
        return unanswered is null ? new FeaturesResult(vector, timing, null) : new FeaturesResult(null, default, unanswered);
    }

    /// <summary>Divides a vector by its length, √Σx², so that products of vectors are cosines. A vector of zeros stays as it is.</summary>
    /// <param name="vector">The vector.</param>
    public static void Normalise(Span<float> vector)
    {
        var sum = 0.0;
        foreach (var value in vector)
        {
            sum += (double)value * value;
        }

        var length = Math.Sqrt(sum);
        for (var i = 0; i < vector.Length && length > 0; i++)
        {
            vector[i] = (float)(vector[i] / length);
        }
    }
}

/// <summary>What became of a photograph whose features were wanted: exactly one of vector and reason is there.</summary>
/// <param name="Vector">[features], the mean over the crops.</param>
/// <param name="Timing">Where the time went.</param>
/// <param name="Unanswered">Why there is no vector.</param>
public readonly record struct FeaturesResult(float[]? Vector, ClassificationTiming Timing, ClassificationResult.Unanswered? Unanswered);
