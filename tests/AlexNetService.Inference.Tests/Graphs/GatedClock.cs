namespace AlexNetService.Inference.Tests.Graphs;

/// <summary>The system's time, except that the engine's thread does not get past it while the gate is closed.</summary>
internal sealed class GatedClock : TimeProvider, IDisposable
{
    private readonly ManualResetEventSlim gate = new(initialState: false);
    private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Done once the engine stands before the gate, with a batch in its hands.</summary>
    public Task Reached => reached.Task;

    public void Open() => gate.Set();

    public override long GetTimestamp()
    {
        if (Thread.CurrentThread.Name == "crops" && !gate.IsSet)
        {
            reached.TrySetResult();
            gate.Wait();
        }

        return base.GetTimestamp();
    }

    public void Dispose() => gate.Dispose();
}
