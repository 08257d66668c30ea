namespace AlexNetService.Inference.Batching;

/// <summary>Room for some crops in the queue, held from before the photograph is decoded until its crops wait themselves.</summary>
public sealed class QueuePlace : IDisposable
{
    private readonly CropEngine engine;
    private int crops;

    internal QueuePlace(CropEngine engine, int crops)
    {
        this.engine = engine;
        this.crops = crops;
    }

    /// <summary>Puts the works into the room that was held; together they have as many crops.</summary>
    internal void Submit(IReadOnlyList<CropWork> works, CancellationToken cancellation) =>
        engine.Submit(works, Interlocked.Exchange(ref crops, 0), cancellation);

    /// <summary>
    /// Puts works into the room and keeps it, for others to follow; at no time may those that are not done have more crops together.
    /// </summary>
    internal void SubmitAndKeep(IReadOnlyList<CropWork> works, CancellationToken cancellation) => engine.Submit(works, held: 0, cancellation);

    /// <summary>Gives the room back, where nothing was put into it.</summary>
    public void Dispose() => engine.Release(Interlocked.Exchange(ref crops, 0));
}
