using AlexNetService.Imaging;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Batching;

/// <summary>Some windows of one canvas, to go through one model.</summary>
internal sealed class CropWork(ModelSession session, Canvas canvas, CropWindow[] windows)
{
    private readonly TaskCompletionSource<CropAnswer> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly float[] sum = new float[session.Classes];

    public ModelSession Session { get; } = session;

    public int Crops => windows.Length;

    public Task<CropAnswer> Done => done.Task;

    /// <summary>[classes], mean over the windows, once all of them ran.</summary>
    public float[] Probabilities => sum;

    /// <summary>The place in the queue, null where it is not or no longer waiting. Guarded by the engine's lock.</summary>
    public LinkedListNode<CropWork>? Waiting { get; set; }

    public CancellationTokenRegistration Cancellation { get; set; }

    /// <summary>When the first crop went into a run, a timestamp.</summary>
    public long Started { get; set; }

    public void CopyCrop(int index, Span<byte> crop) =>
        windows[index].CopyTo(canvas.Pixels, canvas.Side, crop, Session.Card.Preprocessing.Crop);

    public void Add(ReadOnlySpan<float> probabilities)
    {
        for (var i = 0; i < sum.Length; i++)
        {
            sum[i] += probabilities[i];
        }
    }

    /// <summary>All crops ran: the mean of their probabilities is the answer.</summary>
    public void Finish(long finished)
    {
        Cancellation.Unregister();
        for (var i = 0; i < sum.Length; i++)
        {
            sum[i] /= windows.Length;
        }

        done.TrySetResult(new CropAnswer(sum, Started, finished));
    }

    public void Fail(Exception e)
    {
        Cancellation.Unregister();
        done.TrySetException(e);
    }

    public void Cancel(CancellationToken cancellation) => done.TrySetCanceled(cancellation);
}

/// <summary>What a model said about the windows of one canvas.</summary>
/// <param name="Probabilities">[classes], mean over the windows.</param>
/// <param name="Started">When the first crop went into a run, a timestamp.</param>
/// <param name="Finished">When the last crop came out of one, a timestamp.</param>
internal sealed record CropAnswer(float[] Probabilities, long Started, long Finished);
