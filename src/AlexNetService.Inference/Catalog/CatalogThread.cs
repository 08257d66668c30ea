using System.Collections.Concurrent;

namespace AlexNetService.Inference.Catalog;

/// <summary>
/// The thread that loads and frees models, one after the other: reading, hashing, warming and freeing hundreds of megabytes must not block
/// the threads that answer requests.
/// </summary>
internal sealed class CatalogThread : IDisposable
{
    /// <summary>Changes that may wait or run; more are refused.</summary>
    public const int Limit = 16;

    private readonly BlockingCollection<Action> jobs = [];
    private readonly CancellationTokenSource ending = new();
    private readonly Thread thread;
    private int changes;

    public CatalogThread()
    {
        thread = new Thread(Work) { IsBackground = true, Name = "catalog" };
        thread.Start();
    }

    /// <summary>
    /// Queues a change; null where too many wait. The token that the change gets also fires when the catalog is disposed. Cancellation
    /// takes the change out of the queue, or stops it between two steps.
    /// </summary>
    public Task<T>? TryRun<T>(Func<CancellationToken, T> change, CancellationToken cancellation)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (jobs)
        {
            ObjectDisposedException.ThrowIf(jobs.IsAddingCompleted, this);
            if (changes == Limit)
            {
                return null;
            }

            Interlocked.Increment(ref changes);
            jobs.Add(() => Run(change, done, cancellation), CancellationToken.None);
        }

        return done.Task;
    }

    /// <summary>Queues a job that must be done in any case; runs it at once, on the calling thread, after the thread has ended.</summary>
    public void Post(Action job)
    {
        lock (jobs)
        {
            if (!jobs.IsAddingCompleted)
            {
                jobs.Add(job);
                return;
            }
        }

        job();
    }

    /// <summary>Stops the changes, runs the posted jobs, and ends the thread. A second call does nothing.</summary>
    public void Dispose()
    {
        lock (jobs)
        {
            if (jobs.IsAddingCompleted)
            {
                return;
            }

            jobs.CompleteAdding();
        }

        ending.Cancel();
        thread.Join();
        ending.Dispose();
    }

    private void Work()
    {
        foreach (var job in jobs.GetConsumingEnumerable())
        {
            job();
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
            Interlocked.Decrement(ref changes);
        }
    }
}
