using AlexNetService.Imaging;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Batching;

/// <summary>Some windows of one canvas, to go through one model.</summary>
/// <param name="session">The model.</param>
/// <param name="canvas">[3,canvas,canvas] of the card's canvas; must stay as it is until the work is done.</param>
/// <param name="windows">Its parts.</param>
/// <param name="probabilities">[classes], where the answer is written.</param>
internal sealed class CropWork(ModelSession session, ReadOnlyMemory<byte> canvas, CropWindow[] windows, Memory<float> probabilities)
{
    private readonly TaskCompletionSource<CropAnswer> done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ModelSession Session { get; } = session;

    public int Crops => windows.Length;

    public Task<CropAnswer> Done => done.Task;

    /// <summary>[classes], mean over the windows, once all of them ran.</summary>
    public ReadOnlyMemory<float> Probabilities => probabilities;

    /// <summary>The place in its model's queue, null where it is not or no longer waiting. Guarded by the engine's lock.</summary>
    public LinkedListNode<CropWork>? Waiting { get; set; }

    /// <summary>Crops that count as waiting while it waits: none where its request holds the room itself. Guarded by the engine's lock.</summary>
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

    /// <summary>Adds some of the windows to a run.</summary>
    public void AddTo(CropRun run, int first, int count) => run.Add(canvas.Span, windows.AsSpan(first, count));

    /// <summary>Takes one window's answer.</summary>
    /// <param name="window">Its number; the first one overwrites what stood there.</param>
    /// <param name="row">[classes].</param>
    public void Add(int window, ReadOnlySpan<float> row)
    {
        var sum = probabilities.Span;
        if (window == 0)
        {
            row.CopyTo(sum);
            return;
        }

        for (var i = 0; i < sum.Length; i++)
        {
            sum[i] += row[i];
        }
    }

    /// <summary>All crops ran: the mean of their probabilities is the answer.</summary>
    public void Finish(long finished)
    {
        Cancellation.Unregister();
        foreach (ref var value in probabilities.Span)
        {
            value /= windows.Length;
        }

        done.TrySetResult(new CropAnswer(Started, finished));
    }

    public void Fail(Exception e)
    {
        Cancellation.Unregister();
        done.TrySetException(e);
    }

    public void Cancel(CancellationToken cancellation) => done.TrySetCanceled(cancellation);
}

/// <summary>When a model looked at the windows of one canvas.</summary>
/// <param name="Started">When the first crop went into a run, a timestamp.</param>
/// <param name="Finished">When the last crop came out of one, a timestamp.</param>
internal readonly record struct CropAnswer(long Started, long Finished);
