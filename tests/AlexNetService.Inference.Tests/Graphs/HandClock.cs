namespace AlexNetService.Inference.Tests.Graphs;

/// <summary>A clock that stands still until a test advances it; timers that fall due then fire.</summary>
internal sealed class HandClock : TimeProvider
{
    private readonly List<HandTimer> timers = [];
    private TimeSpan now = TimeSpan.FromDays(1);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new HandTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        lock (timers)
        {
            timers.Add(timer);
        }

        return timer;
    }

    public void Advance(TimeSpan by)
    {
        now += by;
        HandTimer[] due;
        lock (timers)
        {
            due = [.. timers.Where(timer => timer.Due <= now)];
        }

        Array.ForEach(due, timer => timer.Fire());
    }

    private sealed class HandTimer(HandClock clock, Action callback) : ITimer
    {
        public TimeSpan Due { get; private set; } = TimeSpan.MaxValue;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = dueTime == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : clock.now + dueTime;
            return true;
        }

        public void Fire()
        {
            Due = TimeSpan.MaxValue;
            callback();
        }

        public void Dispose() => Due = TimeSpan.MaxValue;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
