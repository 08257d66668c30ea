namespace AlexNetService.Inference.Batching;

/// <summary>Whether crops may wait: exactly one of the two is there.</summary>
/// <param name="Place">The place in the queue, where they may; to be disposed.</param>
/// <param name="Refusal">Why not, where they may not.</param>
public readonly record struct Admission(QueuePlace? Place, Refusal? Refusal);

/// <summary>Why work is not taken.</summary>
public enum Refusal
{
    /// <summary>Too much waits already; try again in a moment.</summary>
    QueueFull,

    /// <summary>The engine is stopping; try another instance.</summary>
    Draining,
}
