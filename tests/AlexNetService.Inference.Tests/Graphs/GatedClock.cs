using System.Collections.Concurrent;

namespace AlexNetService.Inference.Tests.Graphs;

/// <summary>
/// The system's time, except that the engine's thread does not get past it while the gate is closed, and that timers go off when they are
/// told to and not before.
/// </summary>
internal sealed class GatedClock : TimeProvider
{
    /// <summary>A test that failed must end, not stand before the gate for ever.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TaskCompletionSource gate = new();
    private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentBag<Action> timers = [];

    /// <summary>Done once the engine stands before the gate, with a batch in its hands; a failure where it never comes.</summary>
    public Task Reached => reached.Task.WaitAsync(Patience);

    public void Open() => gate.TrySetResult();

    /// <summary>Every timer goes off, however much of its time is left.</summary>
    public void RingTimers()
    {
        foreach (var ring in timers)
        {
            ring();
        }
    }

    public override long GetTimestamp()
    {
        if (Thread.CurrentThread.Name == "crops" && !gate.Task.IsCompleted)
        {
            reached.TrySetResult();
            gate.Task.Wait(Patience);
        }

        return base.GetTimestamp();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            timers.Add(() => callback(state));
        }

        return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
