using AlexNetService.Imaging;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Requests;

/// <summary>Some crops of a request for one model. Crops of several jobs share a run.</summary>
/// <param name="request">The request; told when the crops have run.</param>
/// <param name="pixels">
/// With windows: [3,canvas,canvas] of the card's canvas, answered by one row, the mean over the windows. Without: crops, each answered by
/// a row. It must not change until the job has run.
/// </param>
/// <param name="areTensor">Whether given crops are rows of the input tensor; otherwise [N,3,crop,crop], 0..255, red plane first.</param>
/// <param name="ofWindows">[windows,classes], receives the probabilities of each window; empty if they are not wanted.</param>
internal sealed class CropJob(
    InferenceRequest request,
    ModelSession session,
    ReadOnlyMemory<byte> pixels,
    CropWindow[]? windows,
    bool areTensor,
    CropOutputs outputs,
    Memory<float> ofWindows = default)
{
    public InferenceRequest Request => request;

    public ModelSession Session => session;

    public int Crops { get; } = windows?.Length ?? pixels.Length / (areTensor ? session.TensorBytes : session.CropBytes);

    /// <summary>What a run with crops of this job must compute.</summary>
    public OutputKinds Kinds { get; } = outputs.Kinds;

    /// <summary>Whether it waits in a model's queue. Guarded by the queue's lock.</summary>
    public bool IsWaiting { get; set; }

    /// <summary>Whether it gives room back when it is taken; otherwise the request keeps the room. Guarded by the queue's lock.</summary>
    public bool HoldsRoom { get; set; }

    /// <summary>When it began to wait, a timestamp.</summary>
    public long Submitted { get; set; }

    /// <summary>When its first crop went into a run, a timestamp; 0 before.</summary>
    public long Started { get; set; }

    /// <summary>When its last crop came out of a run, a timestamp; 0 before.</summary>
    public long Finished { get; private set; }

    /// <summary>Adds some of the crops to a run.</summary>
    public void AddTo(CropRun run, int first, int count)
    {
        if (windows is not null)
        {
            run.Add(pixels.Span, windows.AsSpan(first, count));
            return;
        }

        var size = pixels.Length / Crops;
        for (var crop = first; crop < first + count; crop++)
        {
            run.Add(pixels.Span.Slice(crop * size, size), areTensor);
        }
    }

    /// <summary>Takes the answers to one crop from a row of the run it was in; crops come in order.</summary>
    public void Read(int crop, CropRun run, int row)
    {
        foreach (var kind in CropOutputs.AllKinds)
        {
            if (Kinds.HasFlag(kind))
            {
                Read(crop, run.Row(kind, row), outputs[kind].Span);
            }
        }

        if (!ofWindows.IsEmpty)
        {
            run.Row(OutputKinds.Probabilities, row).CopyTo(ofWindows.Span[(crop * session.Classes)..]);
        }
    }

    /// <summary>All crops have run and were read.</summary>
    public void Finish(long finished)
    {
        Finished = finished;
        request.EndWork();
    }

    /// <summary>A run has failed: for jobs whose crops had not all run before.</summary>
    public void Fail(Exception e)
    {
        if (Finished == 0)
        {
            request.Fail(e);
        }
    }

    private void Read(int crop, ReadOnlySpan<float> values, Span<float> target)
    {
        if (windows is null || crop == 0)
        {
            // The memory was used before: the first row of a mean overwrites it.
            values.CopyTo(target[(crop * values.Length)..]);
        }
        else
        {
            for (var i = 0; i < target.Length; i++)
            {
                target[i] += values[i];
            }
        }

        if (windows is not null && crop == windows.Length - 1)
        {
            foreach (ref var value in target)
            {
                value /= windows.Length;
            }
        }
    }
}
