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
    private readonly Dictionary<ModelSession, ModelQueue> queues = [];
    private readonly LinkedList<ModelQueue> turns = [];
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

    /// <summary>Reserves room for a request's crops before anything is done for it.</summary>
    /// <param name="crops">Crops, counted once for each model.</param>
    /// <param name="time">Time that one thread needs for them.</param>
    /// <returns>Null where there is room; give it back with <see cref="Leave"/>.</returns>
    public Refusal? Enter(int crops, TimeSpan time)
    {
        lock (gate)
        {
            if (stopping)
            {
                return Refusal.Draining;
            }

            if (reserved + crops > options.LimitCrops || reservedTime / Math.Max(1, threads) > options.MaxWait)
            {
                return Refusal.QueueFull;
            }

            reserved += crops;
            reservedTime += time;
            inflight++;
            return null;
        }
    }

    /// <summary>Ends what <see cref="Enter"/> began.</summary>
    /// <param name="crops">Crops whose room the works have not given back.</param>
    /// <param name="time">Time of these crops.</param>
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

    /// <summary>Queues a request's next works.</summary>
    /// <returns>Completes when each has run or left: true where all have run.</returns>
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
                    work.Reserved = work.Crops;
                    work.ReservedTime = request.ReservedTime * ((double)work.Crops / request.Reserved);
                    request.Reserved -= work.Crops;
                    request.ReservedTime -= work.ReservedTime;
                }

                QueueOf(work.Session).Add(work);
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
            foreach (var work in request.Works)
            {
                if (work.Waiting is not null)
                {
                    var queue = queues[work.Session];
                    queue.Remove(work);
                    EndIfEmpty(queue);
                    GiveRoomBack(work);

                    // Under the lock: the works' memory is given back as soon as all have left.
                    request.Leave();
                }
            }

            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Accepts nothing more, finishes what was accepted, and ends the threads.</summary>
    /// <param name="cancellation">Withdraws what no run has begun with.</param>
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
                for (var turn = turns.First; turn is not null; turn = turn.Next)
                {
                    var queue = turn.Value;
                    if (queue.IsRipe || queue.IsFull || stopping)
                    {
                        queue.Take(batch);
                        batch.ForEach(GiveRoomBack);
                        turns.Remove(turn);
                        turns.AddLast(turn);
                        EndIfEmpty(queue);
                        return true;
                    }
                }

                if (stopping && queues.Count == 0 && (inflight == 0 || abandoned))
                {
                    return false;
                }

                Monitor.Wait(gate);
            }
        }
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
        if (!queues.TryGetValue(session, out var queue))
        {
            queues[session] = queue = new ModelQueue(session);
            turns.AddLast(queue);
            queue.Delay(time, TimeSpan.FromMilliseconds(options.MaxDelayMs), Ripen);
        }

        return queue;
    }

    private void EndIfEmpty(ModelQueue queue)
    {
        if (queue.IsEmpty)
        {
            turns.Remove(queue);
            queues.Remove(queue.Session);
            queue.Dispose();
        }
    }

    private void Ripen(ModelQueue queue)
    {
        lock (gate)
        {
            queue.Ripen();
            Monitor.PulseAll(gate);
        }
    }

    private void GiveRoomBack(CropWork work)
    {
        reserved -= work.Reserved;
        reservedTime -= work.ReservedTime;
        (work.Reserved, work.ReservedTime) = (0, TimeSpan.Zero);
    }

    private void Abandon()
    {
        lock (gate)
        {
            abandoned = true;
            foreach (var request in queues.Values.SelectMany(queue => queue.Works).Select(work => work.Request).Distinct().ToArray())
            {
                Withdraw(request, Withdrawal.Stopped);
            }

            Monitor.PulseAll(gate);
        }
    }
}
