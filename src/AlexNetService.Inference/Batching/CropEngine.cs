namespace AlexNetService.Inference.Batching;

/// <summary>
/// The one queue of crops and the one thread that runs them. An idle engine never waits: it takes the oldest work and whatever
/// else waits for the same model, up to the model's crops a run. One thread for all models, because every session uses all
/// cores already; being first come, first served, no model starves another.
/// </summary>
public sealed class CropEngine : IAsyncDisposable
{
    private readonly QueueOptions options;
    private readonly TimeProvider time;
    private readonly object gate = new();
    private readonly LinkedList<CropWork> waiting = [];
    private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int heldCrops;
    private int waitingCrops;
    private bool stopping;
    private bool abandoned;

    /// <summary>Starts the thread.</summary>
    /// <param name="options">How much may wait.</param>
    /// <param name="time">Where timestamps come from.</param>
    public CropEngine(QueueOptions options, TimeProvider time)
    {
        this.options = options;
        this.time = time;
        new Thread(Dispatch) { IsBackground = true, Name = "crops" }.Start();
    }

    /// <summary>Crops that wait, or for which room is held.</summary>
    public int WaitingCrops
    {
        get
        {
            lock (gate)
            {
                return heldCrops + waitingCrops;
            }
        }
    }

    /// <summary>Asks for room, before the photograph is decoded; refuses at once where there is none.</summary>
    /// <param name="crops">Crops, counted once for each model they go through.</param>
    public Admission Admit(int crops)
    {
        lock (gate)
        {
            if (stopping)
            {
                return new Admission(null, Refusal.Draining);
            }

            if (heldCrops + waitingCrops + crops > options.LimitCrops)
            {
                return new Admission(null, Refusal.QueueFull);
            }

            heldCrops += crops;
            return new Admission(new QueuePlace(this, crops), null);
        }
    }

    /// <summary>Takes no more work, finishes what was admitted, and ends the thread.</summary>
    /// <param name="cancellation">Ends the patience: what has not begun by then is cancelled.</param>
    public async Task StopAsync(CancellationToken cancellation)
    {
        lock (gate)
        {
            stopping = true;
            Monitor.PulseAll(gate);
        }

        await using var impatience = cancellation.UnsafeRegister(static engine => (engine as CropEngine)?.Abandon(), this);
        await stopped.Task;
    }

    /// <summary>Finishes what was admitted and ends the thread.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None);

    internal void Submit(IReadOnlyList<CropWork> works, int crops, CancellationToken cancellation)
    {
        // Registered before the works wait, so that no cancellation falls between the two.
        foreach (var work in works)
        {
            work.Cancellation = cancellation.UnsafeRegister((_, token) => Withdraw(work, token), null);
        }

        lock (gate)
        {
            heldCrops -= crops;
            foreach (var work in works)
            {
                if (abandoned)
                {
                    work.Cancel(CancellationToken.None);
                }
                else if (!work.Done.IsCompleted)
                {
                    work.Waiting = waiting.AddLast(work);
                    waitingCrops += work.Crops;
                }
            }

            Monitor.PulseAll(gate);
        }
    }

    internal void Release(int crops)
    {
        lock (gate)
        {
            heldCrops -= crops;
            Monitor.PulseAll(gate);
        }
    }

    private void Dispatch()
    {
        var batch = new List<CropWork>();
        while (Take(batch))
        {
            try
            {
                CropBatch.Run(batch, time);
            }
            catch (Exception e)
            {
                // Handed to those who await these works; the thread belongs to everybody's.
                foreach (var work in batch)
                {
                    work.Fail(e);
                }
            }

            batch.Clear();
        }

        stopped.SetResult();
    }

    /// <summary>Waits for work; false when there will be none.</summary>
    private bool Take(List<CropWork> batch)
    {
        lock (gate)
        {
            while (waiting.First is null)
            {
                if (stopping && (heldCrops == 0 || abandoned))
                {
                    return false;
                }

                Monitor.Wait(gate);
            }

            var session = waiting.First.Value.Session;
            var crops = 0;
            for (var node = waiting.First; node is not null && crops < session.MaxCropsPerRun;)
            {
                var (work, next) = (node.Value, node.Next);
                if (work.Session == session && (crops == 0 || crops + work.Crops <= session.MaxCropsPerRun))
                {
                    batch.Add(work);
                    crops += work.Crops;
                    Remove(work);
                }

                node = next;
            }

            return true;
        }
    }

    private void Withdraw(CropWork work, CancellationToken cancellation)
    {
        work.Cancel(cancellation);
        lock (gate)
        {
            if (work.Waiting is not null)
            {
                Remove(work);
                Monitor.PulseAll(gate);
            }
        }
    }

    private void Abandon()
    {
        lock (gate)
        {
            abandoned = true;
            while (waiting.First is { Value: var work })
            {
                Remove(work);
                work.Cancel(CancellationToken.None);
            }

            Monitor.PulseAll(gate);
        }
    }

    private void Remove(CropWork work)
    {
        if (work.Waiting is { } node)
        {
            waiting.Remove(node);
            work.Waiting = null;
            waitingCrops -= work.Crops;
        }
    }
}
