using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Batching;

/// <summary>
/// Some crops that go through one model, and what is wanted of them: <see cref="CanvasWork"/> or <see cref="GivenWork"/>. Crops of several
/// works share a run.
/// </summary>
/// <param name="session">The model.</param>
/// <param name="crops">How many crops, at least one.</param>
/// <param name="targets">Where the answers are written.</param>
internal abstract class CropWork(ModelSession session, int crops, CropTargets targets)
{
    private readonly TaskCompletionSource<CropTimes> done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ModelSession Session { get; } = session;

    public int Crops { get; } = crops;

    /// <summary>What a run that has crops of this work must compute.</summary>
    public OutputKinds Kinds { get; } = targets.Kinds;

    public Task<CropTimes> Done => done.Task;

    /// <summary>The place in its model's queue, null where it is not or no longer waiting. Guarded by the engine's lock.</summary>
    public LinkedListNode<CropWork>? Waiting { get; set; }

    /// <summary>
    /// Crops that count as waiting while it waits: none where its request holds the room itself. Guarded by the engine's lock.
    /// </summary>
    public int Counted { get; set; }

    /// <summary>Whether a run has it: from then on it is finished, not cancelled. Guarded by the engine's lock.</summary>
    public bool Taken { get; set; }

    public CancellationTokenRegistration Cancellation { get; set; }

    /// <summary>When it began to wait, a timestamp.</summary>
    public long Submitted { get; set; }

    /// <summary>When it must have begun to run, a timestamp.</summary>
    public long Deadline { get; set; } = long.MaxValue;

    /// <summary>When the first crop went into a run, a timestamp.</summary>
    public long Started { get; set; }

    /// <summary>The answers, once all crops ran.</summary>
    public CropTargets Targets { get; } = targets;

    /// <summary>Adds some of the crops to a run.</summary>
    public abstract void AddTo(CropRun run, int first, int count);

    /// <summary>Takes one crop's answers; crops come in order.</summary>
    /// <param name="crop">Its number.</param>
    /// <param name="run">What it ran in.</param>
    /// <param name="row">Its row there.</param>
    public void Read(int crop, CropRun run, int row)
    {
        Read(crop, run, row, OutputKinds.Probabilities, Targets.Probabilities);
        Read(crop, run, row, OutputKinds.Logits, Targets.Logits);
        Read(crop, run, row, OutputKinds.Features, Targets.Features);
    }

    /// <summary>All crops ran and were read: the answer is ready.</summary>
    public void Finish(long finished)
    {
        Cancellation.Unregister();
        Complete();
        done.TrySetResult(new CropTimes(Started, finished));
    }

    public void Fail(Exception e)
    {
        Cancellation.Unregister();
        done.TrySetException(e);
    }

    public void Cancel(CancellationToken cancellation) => done.TrySetCanceled(cancellation);

    /// <param name="crop">The crop's number.</param>
    /// <param name="row">Its answer.</param>
    /// <param name="target">Where the work's answers of this kind are written.</param>
    protected abstract void Read(int crop, ReadOnlySpan<float> row, Span<float> target);

    /// <summary>Makes the answer of what was read.</summary>
    protected abstract void Complete();

    private void Read(int crop, CropRun run, int row, OutputKinds kind, Memory<float> target)
    {
        if (!target.IsEmpty)
        {
            Read(crop, run.Row(kind, row), target.Span);
        }
    }
}

/// <summary>When a model looked at the crops of a work.</summary>
/// <param name="Started">When the first crop went into a run, a timestamp.</param>
/// <param name="Finished">When the last crop came out of one, a timestamp.</param>
internal readonly record struct CropTimes(long Started, long Finished);
