namespace AlexNetService.Inference.Tests.Graphs;

/// <summary>
/// A clock that advances by one tick whenever it is read, and that blocks the engine's thread while the gate is closed.
/// </summary>
internal sealed class CountingClock : TimeProvider
{
    private readonly GatedClock gate = new();
    private long ticks;

    public Task Reached => gate.Reached;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Open() => gate.Open();

    /// <inheritdoc cref="GatedClock.RingTimers"/>
    public void RingTimers() => gate.RingTimers();

    public override long GetTimestamp()
    {
        gate.GetTimestamp();
        return Interlocked.Increment(ref ticks);
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        gate.CreateTimer(callback, state, dueTime, period);
}
