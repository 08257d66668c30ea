namespace AlexNetService.Inference.Catalog;

/// <summary>
/// The thread that loads and frees models, one after the other: reading, hashing, warming and freeing hundreds of megabytes must not block
/// the threads that answer requests.
/// </summary>
internal sealed class CatalogThread : IDisposable
{
    /// <summary>Changes that may wait or run; more are refused.</summary>
    public const int Limit = 16;

    private readonly object gate = new();
    private readonly Queue<Action> jobs = [];
    private readonly CancellationTokenSource ending = new();
    private readonly Thread thread;
    private int changes;
    private bool ended;

    public CatalogThread()
    {
        thread = new Thread(Work) { IsBackground = true, Name = "catalog" };
        thread.Start();
    }

    /// <summary>Queues a change; null where too many wait.</summary>
    /// <param name="change">Gets a token that also fires when the catalog is disposed.</param>
    /// <param name="cancellation">Takes the change out of the queue, or stops it between two steps.</param>
    public Task<T>? TryRun<T>(Func<CancellationToken, T> change, CancellationToken cancellation)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(ended, this);
            if (changes == Limit)
            {
                return null;
            }

            changes++;
            jobs.Enqueue(() => Run(change, done, cancellation));
            Monitor.Pulse(gate);
        }

        return done.Task;
    }

    /// <summary>Queues a job that must be done in any case; runs it at once, on the calling thread, after the thread has ended.</summary>
    public void Post(Action job)
    {
        lock (gate)
        {
            if (!ended)
            {
                jobs.Enqueue(job);
                Monitor.Pulse(gate);
                return;
            }
        }

        job();
    }

    /// <summary>Stops the changes, runs the posted jobs, and ends the thread. A second call does nothing.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (ended)
            {
                return;
            }

            ended = true;
            Monitor.Pulse(gate);
        }

        ending.Cancel();
        thread.Join();
        ending.Dispose();
    }

    private void Work()
    {
        while (Take() is { } job)
        {
            job();
        }
    }

    private Action? Take()
    {
        lock (gate)
        {
            while (jobs.Count == 0 && !ended)
            {
                Monitor.Wait(gate);
            }

            return jobs.Count > 0 ? jobs.Dequeue() : null;
        }
    }

    private void Run<T>(Func<CancellationToken, T> change, TaskCompletionSource<T> done, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, ending.Token);
        try
        {
            either.Token.ThrowIfCancellationRequested();
            done.SetResult(change(either.Token));
        }
        catch (OperationCanceledException)
        {
            done.SetCanceled(cancellation.IsCancellationRequested ? cancellation : CancellationToken.None);
        }
        catch (Exception e)
        {
            // Handed to whoever awaits the change; the thread serves everybody.
            done.SetException(e);
        }
        finally
        {
            lock (gate)
            {
                changes--;
            }
        }
    }
}
