using AlexNetService.Imaging;
using AlexNetService.Inference.Batching;

namespace AlexNetService.Inference.Ensembles;

/// <summary>What became of a photograph that was to be classified: one of the three records below.</summary>
public abstract record ClassificationResult
{
    private ClassificationResult()
    {
    }

    /// <summary>It was classified.</summary>
    /// <param name="Probabilities">[classes], the ensemble's, summing to 1.</param>
    /// <param name="ByMember">For each member, in the ensemble's order, [classes].</param>
    /// <param name="Timing">Where the time went.</param>
    public sealed record Classified(float[] Probabilities, IReadOnlyList<float[]> ByMember, ClassificationTiming Timing) : ClassificationResult;

    /// <summary>The bytes are no photograph that can be decoded.</summary>
    /// <param name="Fault">Why.</param>
    public sealed record Undecodable(DecodeFault Fault) : ClassificationResult;

    /// <summary>It was not taken.</summary>
    /// <param name="Refusal">Why.</param>
    public sealed record Refused(Refusal Refusal) : ClassificationResult;
}

/// <summary>Where the time of a classification went.</summary>
/// <param name="Decode">From the place in the queue to the canvases, waiting for a decoding thread included.</param>
/// <param name="Queue">From the canvases to the first run.</param>
/// <param name="Infer">From the first run to the last member's answer.</param>
public readonly record struct ClassificationTiming(TimeSpan Decode, TimeSpan Queue, TimeSpan Infer);
