using System.Collections.Concurrent;

namespace AlexNetService.Inference.Tests.Graphs;

/// <summary>
/// The system's clock, except that it blocks the engine's thread while the gate is closed, and that timers fire only when
/// <see cref="RingTimers"/> is called.
/// </summary>
internal sealed class GatedClock : TimeProvider
{
    /// <summary>Longest wait, so that a failed test ends.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    private readonly TaskCompletionSource gate = new();
    private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentBag<Action> timers = [];

    /// <summary>Done once the engine waits at the gate with a batch that it has taken; fails where that does not happen.</summary>
    public Task Reached => reached.Task.WaitAsync(LongestWait);

    public void Open() => gate.TrySetResult();

    /// <summary>Fires every timer, however much of its time is left.</summary>
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
            gate.Task.Wait(LongestWait);
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
