using AlexNetService.Inference.Diagnostics;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Requests;

/// <summary>
/// The one queue of crops and the threads that run them. An idle thread takes what waits for a model, up to the model's crops a run.
/// Models take turns, so that many requests for one model do not starve another.
/// </summary>
internal sealed class CropQueue
{
    private readonly QueueOptions options;
    private readonly TimeProvider time;
    private readonly InferenceMeters? meters;
    private readonly object gate = new();
    private readonly List<ModelQueue> turns = [];
    private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int reserved;
    private TimeSpan reservedTime;
    private int inflight;
    private int threads;
    private bool stopping;
    private bool abandoned;

    /// <summary>Starts one thread.</summary>
    public CropQueue(QueueOptions options, TimeProvider time, InferenceMeters? meters)
    {
        (this.options, this.time, this.meters) = (options, time, meters);
        RunSideBySide(1);
    }

    /// <inheritdoc cref="InferenceEngine.InflightCount"/>
    public int InflightCount => Volatile.Read(ref inflight);

    /// <inheritdoc cref="InferenceEngine.WaitingCrops"/>
    public int WaitingCrops => Volatile.Read(ref reserved);

    /// <inheritdoc cref="InferenceEngine.Wait"/>
    public TimeSpan Wait
    {
        get
        {
            lock (gate)
            {
                return reservedTime / Math.Max(1, threads);
            }
        }
    }

    /// <inheritdoc cref="InferenceEngine.RunSideBySide"/>
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

    /// <summary>Whether so many crops more may wait, counted once for each model.</summary>
    public bool HasRoom(int crops)
    {
        lock (gate)
        {
            return reserved + crops <= options.LimitCrops && Wait <= options.MaxWait;
        }
    }

    /// <summary>
    /// Reserves room for crops before anything is done for their request, and the time that one thread needs for them. Null where there is
    /// room; it is given back with <see cref="Leave"/>.
    /// </summary>
    public Refusal? Enter(int crops, TimeSpan time)
    {
        lock (gate)
        {
            if (stopping || !HasRoom(crops))
            {
                return stopping ? Refusal.Draining : Refusal.QueueFull;
            }

            reserved += crops;
            reservedTime += time;
            inflight++;
            return null;
        }
    }

    /// <summary>Ends what <see cref="Enter"/> began; gives back the room of crops that no work has given back.</summary>
    public void Leave(int crops, TimeSpan time)
    {
        lock (gate)
        {
            reserved -= crops;
            reservedTime -= time;
            inflight--;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Queues a request's next works. Completes when each has run or left: true where all have run.</summary>
    public Task<bool> RunAsync(InferenceRequest request)
    {
        var works = request.Next();
        var done = request.BeginStep(works);
        var now = time.GetTimestamp();
        lock (gate)
        {
            if (abandoned)
            {
                Withdraw(request, Withdrawal.Stopped);
            }

            foreach (var work in works)
            {
                work.Submitted = now;
                if (request.Withdrawal != Withdrawal.None)
                {
                    request.Leave();
                    continue;
                }

                if (!request.HasMore && request.Reserved > 0)
                {
                    // The last works take over the room, and give it back as soon as a run has them.
                    work.HoldsRoom = true;
                    request.Reserved -= work.Crops;
                }

                work.IsWaiting = true;
                QueueOf(work.Session).Works.Add(work);
            }

            Monitor.PulseAll(gate);
        }

        return done;
    }

    /// <summary>
    /// Takes a request's waiting works out. The deadline does so only while no work was taken for a run: after that, a run would have been
    /// spent on a request without an answer.
    /// </summary>
    public void Withdraw(InferenceRequest request, Withdrawal reason)
    {
        lock (gate)
        {
            if (request.Withdrawal != Withdrawal.None || (reason == Withdrawal.Expired && request.WorksTaken > 0))
            {
                return;
            }

            request.Withdrawal = reason;
            foreach (var work in request.Works.Where(work => work.IsWaiting))
            {
                var queue = QueueOf(work.Session);
                queue.Works.Remove(work);
                TakeOut(work);
                EndIfEmpty(queue);

                // Under the lock: the works' memory is given back as soon as all have left.
                request.Leave();
            }

            Monitor.PulseAll(gate);
        }
    }

    /// <summary>
    /// Accepts nothing more, finishes what was accepted, and ends the threads. Cancellation withdraws what no run has begun with.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellation)
    {
        lock (gate)
        {
            stopping = true;
            Monitor.PulseAll(gate);
        }

        await using var abandoning = cancellation.UnsafeRegister(static queue => (queue as CropQueue)?.Abandon(), this);
        await stopped.Task;
    }

    private void Dispatch()
    {
        var (works, batch) = (new List<CropWork>(), new CropBatch(time, meters));
        while (Take(works))
        {
            try
            {
                var now = time.GetTimestamp();
                RemoveLate(works, now);
                if (works.Count > 0)
                {
                    batch.Run(works, now);
                }
            }
            catch (Exception e)
            {
                // Handed to those who await these works; the thread serves everybody.
                works.ForEach(work => work.Fail(e));
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

    /// <summary>Waits for works, and takes those of the next run; false when there will be none.</summary>
    private bool Take(List<CropWork> batch)
    {
        lock (gate)
        {
            while (true)
            {
                if (turns.Find(queue => queue.IsRipe || queue.IsFull || stopping) is { } next)
                {
                    TakeFrom(next, batch);
                    return true;
                }

                if (stopping && turns.Count == 0 && (inflight == 0 || abandoned))
                {
                    return false;
                }

                Monitor.Wait(gate);
            }
        }
    }

    /// <summary>Takes a model's oldest work and whatever else fits beside it, and puts the model at the end of the turns.</summary>
    private void TakeFrom(ModelQueue queue, List<CropWork> batch)
    {
        var (taken, limit) = (0, queue.Session.MaxCropsPerRun);
        queue.Works.RemoveAll(work =>
        {
            if (taken > 0 && taken + work.Crops > limit)
            {
                return false;
            }

            taken += work.Crops;
            work.Request.WorksTaken++;
            TakeOut(work);
            batch.Add(work);
            return true;
        });
        turns.Remove(queue);
        turns.Add(queue);
        EndIfEmpty(queue);
    }

    /// <summary>Requests whose first run would begin after their deadline leave without one, even where their timer is late.</summary>
    private void RemoveLate(List<CropWork> works, long now)
    {
        lock (gate)
        {
            works.RemoveAll(work =>
            {
                // Where another thread has taken a work of the same request, a run is spent already.
                if (now < work.Request.Due || work.Request.WorksTaken > 1)
                {
                    return false;
                }

                work.Request.WorksTaken = 0;
                Withdraw(work.Request, Withdrawal.Expired);
                work.Request.Leave();
                return true;
            });
        }
    }

    private ModelQueue QueueOf(ModelSession session)
    {
        if (turns.Find(queue => queue.Session == session) is { } found)
        {
            return found;
        }

        var added = new ModelQueue(session) { IsRipe = options.MaxDelayMs == 0 };
        turns.Add(added);
        if (!added.IsRipe)
        {
            added.Delay = time.CreateTimer(
                _ => Ripen(added), null, TimeSpan.FromMilliseconds(options.MaxDelayMs), Timeout.InfiniteTimeSpan);
        }

        return added;
    }

    private void EndIfEmpty(ModelQueue queue)
    {
        if (queue.Works.Count == 0)
        {
            turns.Remove(queue);
            queue.Delay?.Dispose();
        }
    }

    private void Ripen(ModelQueue queue)
    {
        lock (gate)
        {
            queue.IsRipe = true;
            Monitor.PulseAll(gate);
        }
    }

    private void TakeOut(CropWork work)
    {
        work.IsWaiting = false;
        if (work.HoldsRoom)
        {
            work.HoldsRoom = false;
            reserved -= work.Crops;
            reservedTime -= work.Crops * work.Request.CropTime;
        }
    }

    private void Abandon()
    {
        lock (gate)
        {
            abandoned = true;
            foreach (var request in turns.SelectMany(queue => queue.Works).Select(work => work.Request).Distinct().ToArray())
            {
                Withdraw(request, Withdrawal.Stopped);
            }

            Monitor.PulseAll(gate);
        }
    }

    /// <summary>The works that wait for one model, oldest first.</summary>
    private sealed class ModelQueue(ModelSession session)
    {
        public ModelSession Session => session;

        public List<CropWork> Works { get; } = [];

        /// <summary>Whether its oldest work has waited for others as long as it should.</summary>
        public bool IsRipe { get; set; }

        public ITimer? Delay { get; set; }

        /// <summary>Whether a run would be full.</summary>
        public bool IsFull => Works.Sum(work => work.Crops) >= session.MaxCropsPerRun;
    }
}
