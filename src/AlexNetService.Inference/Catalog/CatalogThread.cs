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

    /// <summary>Steps that were late and still run; while there are so many, no step begins.</summary>
    public const int LateLimit = 4;

    // A step that a cancelled change has begun usually ends soon, and native code is better not left running while the program ends.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly BlockingCollection<Action> jobs = [];
    private readonly CancellationTokenSource ending = new();
    private readonly Thread thread;
    private readonly TimeSpan stepLimit;
    private BlockingCollection<Action> steps = StartSteps();
    private int changes;
    private int late;

    /// <param name="stepLimit">How long a step of a change may take.</param>
    public CatalogThread(TimeSpan stepLimit)
    {
        this.stepLimit = stepLimit;
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

    /// <summary>
    /// Runs a step of a change that reads files or calls native code, on another thread, and waits for it. A step that is late goes on
    /// alone: it cannot be ended, but other changes need not wait for it. Its token fires, and <c>unused</c> gets its outcome.
    /// </summary>
    /// <exception cref="TimeoutException">The step is late, or too many late ones still run; a sentence without the culprit.</exception>
    /// <exception cref="OperationCanceledException">The change was cancelled.</exception>
    public T Step<T>(Func<CancellationToken, T> step, Action<T> unused, CancellationToken cancellation)
    {
        if (Volatile.Read(ref late) >= LateLimit)
        {
            throw new TimeoutException($"{LateLimit} loads that were late still hang. Restart the service.");
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var token = stop.Token;
        var done = new TaskCompletionSource<T>();
        steps.Add(Run, CancellationToken.None);
        if (!IsDone(done.Task, cancellation))
        {
            Interlocked.Increment(ref late);
            if (done.TrySetException(cancellation.IsCancellationRequested
                ? new OperationCanceledException(cancellation)
                : new TimeoutException(FormattableString.Invariant(
                    $"It was not done within ModelRepository:LoadSeconds, {stepLimit.TotalSeconds:0} s. Look for a device that hangs."))))
            {
                stop.Cancel();
                steps.CompleteAdding();
                steps = StartSteps();
            }
            else
            {
                Interlocked.Decrement(ref late);
            }
        }

        return done.Task.GetAwaiter().GetResult();

        void Run()
        {
            try
            {
                var outcome = step(token);
                if (!done.TrySetResult(outcome))
                {
                    Interlocked.Decrement(ref late);
                    unused(outcome);
                }
            }
            catch (Exception e)
            {
                // Handed to whoever waits; a step that was late has already been reported.
                if (!done.TrySetException(e))
                {
                    Interlocked.Decrement(ref late);
                }
            }
        }
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
        steps.CompleteAdding();
        ending.Dispose();
    }

    // One thread for all steps until one is late: a new one for each would leave the memory of its loads in another arena of the heap.
    private static BlockingCollection<Action> StartSteps()
    {
        var steps = new BlockingCollection<Action>();
        var thread = new Thread(() =>
        {
            foreach (var step in steps.GetConsumingEnumerable())
            {
                step();
            }
        });
        (thread.IsBackground, thread.Name) = (true, "catalog step");
        thread.Start();
        return steps;
    }

    private bool IsDone(Task step, CancellationToken cancellation)
    {
        // Unlike the step, this never fails.
        var ended = Task.WhenAny(step);
        try
        {
            return ended.Wait(stepLimit, cancellation);
        }
        catch (OperationCanceledException)
        {
            return ended.Wait(Grace, CancellationToken.None);
        }
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
