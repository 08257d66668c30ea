using AlexNetService.Imaging;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Requests;

/// <summary>
/// Some crops of a request for one model: <see cref="CanvasWork"/> or <see cref="RowWork"/>. Crops of several works share a run.
/// </summary>
/// <param name="request">The request; told when the crops have run.</param>
/// <param name="session">The model.</param>
/// <param name="crops">Number of crops, at least one.</param>
/// <param name="outputs">Where the answers are written.</param>
internal abstract class CropWork(InferenceRequest request, ModelSession session, int crops, CropOutputs outputs)
{
    public InferenceRequest Request => request;

    public ModelSession Session => session;

    public int Crops => crops;

    /// <summary>What a run with crops of this work must compute.</summary>
    public OutputKinds Kinds { get; } = outputs.Kinds;

    /// <summary>Its place in the model's queue; null before and after it waits. Guarded by the queue's lock.</summary>
    public LinkedListNode<CropWork>? Waiting { get; set; }

    /// <summary>Room that it gives back when it is taken; 0 where the request keeps the room. Guarded by the queue's lock.</summary>
    public int Reserved { get; set; }

    /// <summary>Time of that room. Guarded by the queue's lock.</summary>
    public TimeSpan ReservedTime { get; set; }

    /// <summary>When it began to wait, a timestamp.</summary>
    public long Submitted { get; set; }

    /// <summary>When its first crop went into a run, a timestamp; 0 before.</summary>
    public long Started { get; set; }

    /// <summary>When its last crop came out of a run, a timestamp.</summary>
    public long Finished { get; private set; }

    /// <summary>Adds some of the crops to a run.</summary>
    public abstract void AddTo(CropRun run, int first, int count);

    /// <summary>Takes the answers to one crop; crops come in order.</summary>
    /// <param name="crop">Number of the crop.</param>
    /// <param name="run">The run it was in.</param>
    /// <param name="row">Its row there.</param>
    public void Read(int crop, CropRun run, int row)
    {
        Read(crop, run, row, OutputKinds.Probabilities, outputs.Probabilities);
        Read(crop, run, row, OutputKinds.Logits, outputs.Logits);
        Read(crop, run, row, OutputKinds.Features, outputs.Features);
    }

    /// <summary>All crops have run and were read.</summary>
    public void Finish(long finished)
    {
        Finished = finished;
        request.Finish();
    }

    /// <summary>A run has failed: for works whose crops had not all run before.</summary>
    public void Fail(Exception e)
    {
        if (Finished == 0)
        {
            request.Fail(e);
        }
    }

    /// <param name="crop">Number of the crop.</param>
    /// <param name="row">Its answer.</param>
    /// <param name="target">Where the work's answers of this kind are written.</param>
    protected abstract void Read(int crop, ReadOnlySpan<float> row, Span<float> target);

    private void Read(int crop, CropRun run, int row, OutputKinds kind, Memory<float> target)
    {
        if (!target.IsEmpty)
        {
            Read(crop, run.Row(kind, row), target.Span);
        }
    }
}

/// <summary>Windows of one canvas; the answer is one row, the mean over them.</summary>
/// <param name="request">The request.</param>
/// <param name="session">The model.</param>
/// <param name="canvas">[3,canvas,canvas] of the card's canvas; must not change until the work has run.</param>
/// <param name="windows">At least one.</param>
/// <param name="outputs">Where the mean is written.</param>
internal sealed class CanvasWork(
    InferenceRequest request, ModelSession session, ReadOnlyMemory<byte> canvas, CropWindow[] windows, CropOutputs outputs)
    : CropWork(request, session, windows.Length, outputs)
{
    public override void AddTo(CropRun run, int first, int count) => run.Add(canvas.Span, windows.AsSpan(first, count));

    protected override void Read(int crop, ReadOnlySpan<float> row, Span<float> target)
    {
        // The memory was used before: the first row overwrites it.
        if (crop == 0)
        {
            row.CopyTo(target);
        }
        else
        {
            for (var i = 0; i < target.Length; i++)
            {
                target[i] += row[i];
            }
        }

        if (crop == windows.Length - 1)
        {
            foreach (ref var value in target)
            {
                value /= windows.Length;
            }
        }
    }
}

/// <summary>Given crops; each is answered by a row of its own.</summary>
/// <param name="request">The request.</param>
/// <param name="session">The model.</param>
/// <param name="crops">The crops, at least one; must not change until the work has run.</param>
/// <param name="areTensor">
/// Whether they are rows of the package's input tensor; otherwise they are [N,3,crop,crop], 0..255, red plane first.
/// </param>
/// <param name="outputs">Where the answers are written, a row a crop.</param>
internal sealed class RowWork(
    InferenceRequest request, ModelSession session, ReadOnlyMemory<byte> crops, bool areTensor, CropOutputs outputs)
    : CropWork(request, session, crops.Length / (areTensor ? session.TensorBytes : session.CropBytes), outputs)
{
    public override void AddTo(CropRun run, int first, int count)
    {
        var size = crops.Length / Crops;
        for (var crop = first; crop < first + count; crop++)
        {
            var bytes = crops.Span.Slice(crop * size, size);
            if (areTensor)
            {
                run.AddTensor(bytes);
            }
            else
            {
                run.Add(bytes);
            }
        }
    }

    protected override void Read(int crop, ReadOnlySpan<float> row, Span<float> target) => row.CopyTo(target[(crop * row.Length)..]);
}
