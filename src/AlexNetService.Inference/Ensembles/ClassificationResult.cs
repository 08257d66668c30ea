using System.Buffers;
using AlexNetService.Imaging;
using AlexNetService.Inference.Batching;

namespace AlexNetService.Inference.Ensembles;

/// <summary>What became of a photograph that was to be classified: one of the four records below. Disposal gives memory back.</summary>
public abstract record ClassificationResult : IDisposable
{
    private ClassificationResult()
    {
    }

    /// <summary>Gives the memory of the answer back; nobody may read it after that. An answer that is not disposed is collected.</summary>
    public void Dispose()
    {
        GiveBack();
        GC.SuppressFinalize(this);
    }

    private protected virtual void GiveBack()
    {
    }

    /// <summary>It was classified.</summary>
    public sealed record Classified : ClassificationResult
    {
        private float[] rented;

        /// <param name="rented">[1 + members,classes], from the shared pool: the ensemble's, then each member's.</param>
        /// <param name="members">Number of members.</param>
        /// <param name="classes">Number of classes.</param>
        /// <param name="timing">Where the time went.</param>
        internal Classified(float[] rented, int members, int classes, ClassificationTiming timing)
        {
            this.rented = rented;
            Probabilities = rented.AsMemory(0, classes);
            ByMember =
                [.. Enumerable.Range(1, members).Select(member => (ReadOnlyMemory<float>)rented.AsMemory(member * classes, classes))];
            Timing = timing;
        }

        /// <summary>[classes], the ensemble's, summing to 1.</summary>
        public ReadOnlyMemory<float> Probabilities { get; }

        /// <summary>For each member, in the ensemble's order, [classes].</summary>
        public IReadOnlyList<ReadOnlyMemory<float>> ByMember { get; }

        /// <summary>Where the time went.</summary>
        public ClassificationTiming Timing { get; }

        private protected override void GiveBack()
        {
            if (Interlocked.Exchange(ref rented, []) is { Length: > 0 } memory)
            {
                ArrayPool<float>.Shared.Return(memory);
            }
        }
    }

    /// <summary>It was not classified: one of the three records below.</summary>
    public abstract record Unanswered : ClassificationResult
    {
        private protected Unanswered()
        {
        }
    }

    /// <summary>The bytes are no photograph that can be decoded.</summary>
    /// <param name="Fault">Why.</param>
    public sealed record Undecodable(DecodeFault Fault) : Unanswered;

    /// <summary>It was not taken.</summary>
    /// <param name="Refusal">Why.</param>
    public sealed record Refused(Refusal Refusal) : Unanswered;

    /// <summary>It waited past its deadline, and cost no run after that.</summary>
    /// <param name="Waited">From the place in the queue until it left.</param>
    public sealed record Expired(TimeSpan Waited) : Unanswered;
}

/// <summary>Where the time of a classification went.</summary>
/// <param name="Decode">From the place in the queue to the canvases, waiting for a decoding thread included.</param>
/// <param name="Queue">From the canvases to the first run.</param>
/// <param name="Infer">From the first run to the last member's answer.</param>
public readonly record struct ClassificationTiming(TimeSpan Decode, TimeSpan Queue, TimeSpan Infer);
