using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Requests;

/// <summary>The works that wait for one model, oldest first. Guarded by the queue's lock.</summary>
/// <param name="session">The model.</param>
internal sealed class ModelQueue(ModelSession session) : IDisposable
{
    private readonly LinkedList<CropWork> works = [];
    private int crops;
    private ITimer? delay;

    public ModelSession Session => session;

    public IEnumerable<CropWork> Works => works;

    public bool IsEmpty => works.Count == 0;

    /// <summary>Whether its oldest work has waited for others as long as it should.</summary>
    public bool IsRipe { get; private set; }

    /// <summary>Whether a run would be full.</summary>
    public bool IsFull => crops >= session.MaxCropsPerRun;

    public void Add(CropWork work)
    {
        work.Waiting = works.AddLast(work);
        crops += work.Crops;
    }

    public void Remove(CropWork work)
    {
        if (work.Waiting is { } node)
        {
            works.Remove(node);
            work.Waiting = null;
            crops -= work.Crops;
        }
    }

    /// <summary>Waits for others to share the run.</summary>
    /// <param name="time">What the delay is measured with.</param>
    /// <param name="length">How long; zero is not at all.</param>
    /// <param name="over">Called from another thread when the delay is over.</param>
    public void Delay(TimeProvider time, TimeSpan length, Action<ModelQueue> over)
    {
        IsRipe = length == TimeSpan.Zero;
        if (!IsRipe)
        {
            delay = time.CreateTimer(_ => over(this), null, length, Timeout.InfiniteTimeSpan);
        }
    }

    public void Ripen() => IsRipe = true;

    /// <summary>Takes the works of the next run: the oldest, and whatever else fits beside it.</summary>
    public void Take(List<CropWork> batch)
    {
        var taken = 0;
        for (var node = works.First; node is not null && taken < session.MaxCropsPerRun;)
        {
            var (work, next) = (node.Value, node.Next);
            if (taken == 0 || taken + work.Crops <= session.MaxCropsPerRun)
            {
                work.Request.WorksTaken++;
                batch.Add(work);
                taken += work.Crops;
                Remove(work);
            }

            node = next;
        }
    }

    public void Dispose() => delay?.Dispose();
}
