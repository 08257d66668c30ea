using AlexNetService.Inference.Diagnostics;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Batching;

/// <summary>
/// The one queue of crops and the threads that run it: one as long as runs use all cores. An idle engine never waits: it takes what waits
/// for a model, up to the model's crops a run. Models take turns, so that a flood for one does not starve another.
/// </summary>
public sealed class CropEngine : IAsyncDisposable
{
    private readonly QueueOptions options;
    private readonly TimeProvider time;
    private readonly InferenceMeters? meters;
    private readonly object gate = new();
    private readonly Dictionary<ModelSession, ModelQueue> queues = [];
    private readonly LinkedList<ModelQueue> turns = [];
    private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int heldCrops;
    private int waitingCrops;
    private int threads;
    private bool stopping;
    private bool abandoned;

    /// <summary>Starts one thread.</summary>
    /// <param name="options">How much may wait, and how long.</param>
    /// <param name="time">Where timestamps and delays come from.</param>
    /// <param name="meters">Told of waits and runs, or null.</param>
    public CropEngine(QueueOptions options, TimeProvider time, InferenceMeters? meters = null)
    {
        this.options = options;
        this.time = time;
        this.meters = meters;
        meters?.Watch(this);
        RunSideBySide(1);
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

    /// <summary>Runs at a time.</summary>
    public int ConcurrentRuns
    {
        get
        {
            lock (gate)
            {
                return threads;
            }
        }
    }

    internal QueueOptions Options => options;

    /// <summary>
    /// Lets several runs go on at a time, where the sessions were opened for that; see <see cref="RuntimeOptions.ConcurrentRuns"/>.
    /// </summary>
    /// <param name="runs">How many, at least as many as there are already.</param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than there are.</exception>
    public void RunSideBySide(int runs)
    {
        lock (gate)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(runs, Math.Max(1, threads));
            for (; threads < runs && !stopping; threads++)
            {
                new Thread(Dispatch) { IsBackground = true, Name = "crops" }.Start();
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

    /// <summary>Takes no more work, finishes what was admitted, and ends the threads.</summary>
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

    /// <summary>Finishes what was admitted and ends the threads.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None);

    /// <param name="works">The works, of any models.</param>
    /// <param name="held">Crops whose held room they move into; 0 where the room stays held while they wait and run.</param>
    /// <param name="cancellation">Takes them out as long as they wait.</param>
    internal void Submit(IReadOnlyList<CropWork> works, int held, CancellationToken cancellation)
    {
        // Registered before the works wait, so that no cancellation falls between the two.
        var now = time.GetTimestamp();
        foreach (var work in works)
        {
            work.Submitted = now;
            work.Cancellation = cancellation.UnsafeRegister((_, token) => Withdraw(work, token), null);
        }

        lock (gate)
        {
            heldCrops -= held;
            foreach (var work in works)
            {
                if (abandoned)
                {
                    work.Cancel(CancellationToken.None);
                }
                else if (!work.Done.IsCompleted)
                {
                    work.Counted = held > 0 ? work.Crops : 0;
                    waitingCrops += work.Counted;
                    QueueOf(work.Session).Add(work);
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
        var (works, batch) = (new List<CropWork>(), new CropBatch(time, meters));
        while (Take(works))
        {
            try
            {
                var now = time.GetTimestamp();
                works.RemoveAll(work => LeaveLate(work, now));
                if (works.Count > 0)
                {
                    batch.Run(works, now);
                }
            }
            catch (Exception e)
            {
                // Handed to those who await these works; the thread belongs to everybody's.
                foreach (var work in works)
                {
                    work.Fail(e);
                }
            }

            works.Clear();
        }

        lock (gate)
        {
            if (--threads == 0)
            {
                stopped.SetResult();
            }
        }
    }

    /// <summary>
    /// What waited past its deadline leaves before it costs a run, even where the timer that should have told it is late.
    /// </summary>
    private static bool LeaveLate(CropWork work, long now)
    {
        if (now < work.Deadline)
        {
            return false;
        }

        work.Cancellation.Unregister();
        work.Cancel(CancellationToken.None);
        return true;
    }

    /// <summary>Waits for work; false when there will be none.</summary>
    private bool Take(List<CropWork> batch)
    {
        lock (gate)
        {
            while (true)
            {
                for (var turn = turns.First; turn is not null; turn = turn.Next)
                {
                    var queue = turn.Value;
                    if (queue.IsRipe || queue.IsFull || stopping)
                    {
                        queue.Take(batch);
                        batch.ForEach(work => waitingCrops -= work.Counted);
                        turns.Remove(turn);
                        EndOrQueueAgain(queue);
                        return true;
                    }
                }

                if (stopping && queues.Count == 0 && (heldCrops == 0 || abandoned))
                {
                    return false;
                }

                Monitor.Wait(gate);
            }
        }
    }

    private ModelQueue QueueOf(ModelSession session)
    {
        if (!queues.TryGetValue(session, out var queue))
        {
            queues[session] = queue = new ModelQueue(session);
            turns.AddLast(queue);
            queue.Delay(time, TimeSpan.FromMilliseconds(options.MaxDelayMs), Ripen);
        }

        return queue;
    }

    private void EndOrQueueAgain(ModelQueue queue)
    {
        if (!queue.IsEmpty)
        {
            turns.AddLast(queue);
            return;
        }

        queues.Remove(queue.Session);
        queue.Dispose();
    }

    private void Ripen(ModelQueue queue)
    {
        lock (gate)
        {
            queue.Ripen();
            Monitor.PulseAll(gate);
        }
    }

    private void Withdraw(CropWork work, CancellationToken cancellation)
    {
        lock (gate)
        {
            if (work.Taken)
            {
                return;
            }

            if (work.Waiting is not null)
            {
                var queue = queues[work.Session];
                queue.Remove(work);
                waitingCrops -= work.Counted;
                if (queue.IsEmpty)
                {
                    turns.Remove(queue);
                    EndOrQueueAgain(queue);
                }

                Monitor.PulseAll(gate);
            }

            // Under the lock: a work that is cancelled behind it might have begun to wait, and run in memory that was given back.
            work.Cancel(cancellation);
        }
    }

    private void Abandon()
    {
        lock (gate)
        {
            abandoned = true;
            foreach (var work in queues.Values.SelectMany(queue => queue.Clear()))
            {
                waitingCrops -= work.Counted;
                work.Cancel(CancellationToken.None);
            }

            queues.Clear();
            turns.Clear();
            Monitor.PulseAll(gate);
        }
    }
}
