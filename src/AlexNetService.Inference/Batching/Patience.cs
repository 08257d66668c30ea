namespace AlexNetService.Inference.Batching;

/// <summary>How long somebody waits for an answer: until the deadline, or until the client leaves.</summary>
internal sealed class Patience : IDisposable
{
    private readonly TimeProvider time;
    private readonly TimeSpan deadline;
    private readonly CancellationToken client;
    private readonly CancellationTokenSource expiry;
    private readonly CancellationTokenSource leaving;

    /// <param name="time">What the deadline is measured with.</param>
    /// <param name="deadline">From now on; <see cref="Timeout.InfiniteTimeSpan"/> is none.</param>
    /// <param name="client">Whether the client has left.</param>
    public Patience(TimeProvider time, TimeSpan deadline, CancellationToken client)
    {
        (this.time, this.deadline, this.client) = (time, deadline, client);
        Begun = time.GetTimestamp();
        Due = deadline == Timeout.InfiniteTimeSpan ? long.MaxValue : Begun + (long)(deadline.TotalSeconds * time.TimestampFrequency);
        expiry = new CancellationTokenSource(deadline, time);
        leaving = CancellationTokenSource.CreateLinkedTokenSource(client, expiry.Token);
    }

    /// <summary>When it began, a timestamp.</summary>
    public long Begun { get; }

    /// <summary>When it ends, a timestamp.</summary>
    public long Due { get; }

    /// <summary>Takes what waits out of the queue.</summary>
    public CancellationToken Leaving => leaving.Token;

    public bool HasLeft => client.IsCancellationRequested;

    // Both are asked because neither is enough: a timer may be late, and it may be a little early by the timestamps' clock.
    public bool IsOver => expiry.IsCancellationRequested || (deadline != Timeout.InfiniteTimeSpan && Waited >= deadline);

    public TimeSpan Waited => time.GetElapsedTime(Begun);

    public void Dispose()
    {
        leaving.Dispose();
        expiry.Dispose();
    }
}
