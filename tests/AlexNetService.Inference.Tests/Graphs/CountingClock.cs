namespace AlexNetService.Inference.Tests.Graphs;

/// <summary>A time that moves by one tick whenever somebody asks for it, and past which the engine's thread does not get while the gate is closed.</summary>
internal sealed class CountingClock : TimeProvider, IDisposable
{
    private readonly GatedClock gate = new();
    private long ticks;

    public Task Reached => gate.Reached;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Open() => gate.Open();

    public override long GetTimestamp()
    {
        gate.GetTimestamp();
        return Interlocked.Increment(ref ticks);
    }

    public void Dispose() => gate.Dispose();
}
