using AlexNetService.Inference.Diagnostics;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Requests;

/// <summary>
/// The one queue of crops and the threads that run them. An idle thread takes waiting crops of one model, at most
/// <see cref="ModelSession.MaxCropsPerRun"/>. Models take turns, so that many requests for one model do not starve another.
/// </summary>
internal sealed class CropQueue
{
    private readonly QueueOptions options;
    private readonly TimeProvider time;
    private readonly InferenceMeters? meters;
    private readonly object gate = new();
    private readonly List<ModelQueue> queues = [];
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
        SetConcurrency(1);
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

    /// <inheritdoc cref="InferenceEngine.SetConcurrency"/>
    public void SetConcurrency(int runs)
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

    /// <summary>Whether this many more crops fit. A crop that runs on several models counts once for each.</summary>
    public bool HasRoom(int crops)
    {
        lock (gate)
        {
            return reserved + crops <= options.LimitCrops && Wait <= options.MaxWait;
        }
    }

    /// <summary>
    /// Reserves room for a request's crops, and one thread's time for them; <see cref="Release"/> ends both. Null, or the reason for a
    /// refusal.
    /// </summary>
    public Refusal? Reserve(int crops, TimeSpan runTime)
    {
        lock (gate)
        {
            if (stopping)
            {
                return Refusal.Draining;
            }

            if (!HasRoom(crops))
            {
                return Refusal.QueueFull;
            }

            reserved += crops;
            reservedTime += runTime;
            inflight++;
            return null;
        }
    }

    /// <summary>Releases what is left of a reservation.</summary>
    public void Release(int crops, TimeSpan runTime)
    {
        lock (gate)
        {
            reserved -= crops;
            reservedTime -= runTime;
            inflight--;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Queues a request's next jobs. Completes when each has run or was withdrawn; true if all ran.</summary>
    public Task<bool> RunAsync(InferenceRequest request)
    {
        var jobs = request.Next();
        var done = request.BeginStep(jobs);
        var now = time.GetTimestamp();
        lock (gate)
        {
            if (abandoned)
            {
                Withdraw(request, Withdrawal.Stopped);
            }

            foreach (var job in jobs)
            {
                job.Submitted = now;
                if (request.Withdrawal != Withdrawal.None)
                {
                    request.Leave();
                    continue;
                }

                if (!request.HasMore && request.Reserved > 0)
                {
                    // The last jobs take over the reservation. It is released as soon as a run takes them.
                    job.HoldsRoom = true;
                    request.Reserved -= job.Crops;
                }

                job.IsWaiting = true;
                QueueOf(job.Session).Jobs.Add(job);
            }

            Monitor.PulseAll(gate);
        }

        return done;
    }

    /// <summary>
    /// Withdraws a request's waiting jobs. A deadline does so only if no job is in a run yet; otherwise that run would be wasted.
    /// </summary>
    public void Withdraw(InferenceRequest request, Withdrawal reason)
    {
        lock (gate)
        {
            if (request.Withdrawal != Withdrawal.None || (reason == Withdrawal.Expired && request.JobsTaken > 0))
            {
                return;
            }

            request.Withdraw(reason);
            foreach (var job in request.Jobs.Where(job => job.IsWaiting))
            {
                var queue = QueueOf(job.Session);
                queue.Jobs.Remove(job);
                MarkTaken(job);
                EndIfEmpty(queue);

                // Under the lock: the jobs' memory is given back as soon as all have left.
                request.Leave();
            }

            Monitor.PulseAll(gate);
        }
    }

    /// <summary>
    /// Accepts nothing more, finishes what was accepted, and ends the threads. Cancellation withdraws jobs that no run has taken.
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
        var (jobs, batch) = (new List<CropJob>(), new CropBatch(time, meters));
        while (Take(jobs))
        {
            try
            {
                var now = time.GetTimestamp();
                RemoveLate(jobs, now);
                if (jobs.Count > 0)
                {
                    batch.Run(jobs, now);
                }
            }
            catch (Exception e)
            {
                // The requests get the exception; the thread must survive for the others.
                jobs.ForEach(job => job.Fail(e));
            }

            jobs.Clear();
        }

        lock (gate)
        {
            if (--threads == 0)
            {
                stopped.SetResult();
            }
        }
    }

    /// <summary>Waits for jobs, and takes those of the next run; false when there will be none.</summary>
    private bool Take(List<CropJob> batch)
    {
        lock (gate)
        {
            while (true)
            {
                if (queues.Find(queue => queue.IsDue || queue.IsFull || stopping) is { } next)
                {
                    TakeFrom(next, batch);
                    return true;
                }

                if (stopping && queues.Count == 0 && (inflight == 0 || abandoned))
                {
                    return false;
                }

                Monitor.Wait(gate);
            }
        }
    }

    /// <summary>Takes a model's oldest job and whatever else fits beside it, and puts the model at the end of the queues.</summary>
    private void TakeFrom(ModelQueue queue, List<CropJob> batch)
    {
        var (taken, limit) = (0, queue.Session.MaxCropsPerRun);
        queue.Jobs.RemoveAll(job =>
        {
            if (taken > 0 && taken + job.Crops > limit)
            {
                return false;
            }

            taken += job.Crops;
            job.Request.JobsTaken++;
            MarkTaken(job);
            batch.Add(job);
            return true;
        });
        queues.Remove(queue);
        queues.Add(queue);
        EndIfEmpty(queue);
    }

    /// <summary>Withdraws requests whose deadline passed before their first run, in case their timer is late.</summary>
    private void RemoveLate(List<CropJob> jobs, long now)
    {
        lock (gate)
        {
            jobs.RemoveAll(job =>
            {
                // If another thread has taken a job of the same request, a run is spent already.
                if (now < job.Request.Due || job.Request.JobsTaken > 1)
                {
                    return false;
                }

                // Otherwise Withdraw would take the request's run as begun.
                job.Request.JobsTaken = 0;
                Withdraw(job.Request, Withdrawal.Expired);
                job.Request.Leave();
                return true;
            });
        }
    }

    private ModelQueue QueueOf(ModelSession session)
    {
        if (queues.Find(queue => queue.Session == session) is { } found)
        {
            return found;
        }

        var added = new ModelQueue(session) { IsDue = options.MaxDelayMs == 0 };
        queues.Add(added);
        if (!added.IsDue)
        {
            added.Delay = time.CreateTimer(
                _ => MarkDue(added), null, TimeSpan.FromMilliseconds(options.MaxDelayMs), Timeout.InfiniteTimeSpan);
        }

        return added;
    }

    private void EndIfEmpty(ModelQueue queue)
    {
        if (queue.Jobs.Count == 0)
        {
            queues.Remove(queue);
            queue.Delay?.Dispose();
        }
    }

    private void MarkDue(ModelQueue queue)
    {
        lock (gate)
        {
            queue.IsDue = true;
            Monitor.PulseAll(gate);
        }
    }

    private void MarkTaken(CropJob job)
    {
        job.IsWaiting = false;
        if (job.HoldsRoom)
        {
            job.HoldsRoom = false;
            reserved -= job.Crops;
            reservedTime -= job.Crops * job.Request.CropTime;
        }
    }

    private void Abandon()
    {
        lock (gate)
        {
            abandoned = true;
            foreach (var request in queues.SelectMany(queue => queue.Jobs).Select(job => job.Request).Distinct().ToArray())
            {
                Withdraw(request, Withdrawal.Stopped);
            }

            Monitor.PulseAll(gate);
        }
    }

    /// <summary>The jobs that wait for one model, oldest first.</summary>
    private sealed class ModelQueue(ModelSession session)
    {
        public ModelSession Session => session;

        public List<CropJob> Jobs { get; } = [];

        /// <summary>Whether its oldest job has waited for others as long as it should.</summary>
        public bool IsDue { get; set; }

        public ITimer? Delay { get; set; }

        /// <summary>Whether a run would be full.</summary>
        public bool IsFull => Jobs.Sum(job => job.Crops) >= session.MaxCropsPerRun;
    }
}
