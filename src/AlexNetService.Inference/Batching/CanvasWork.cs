using AlexNetService.Imaging;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Batching;

/// <summary>Some windows of one canvas; the answer is the mean over them.</summary>
internal sealed class CanvasWork : CropWork
{
    private readonly ReadOnlyMemory<byte> canvas;
    private readonly CropWindow[] windows;

    /// <param name="session">The model.</param>
    /// <param name="canvas">[3,canvas,canvas] of the card's canvas; must stay as it is until the work is done.</param>
    /// <param name="windows">Its parts, at least one.</param>
    /// <param name="targets">Where the means are written, one row.</param>
    /// <exception cref="ArgumentException">The targets are not what the model gives.</exception>
    public CanvasWork(ModelSession session, ReadOnlyMemory<byte> canvas, CropWindow[] windows, CropTargets targets)
        : base(session, windows.Length, targets)
    {
        (this.canvas, this.windows) = (canvas, windows);
        targets.Require(session, rows: 1);
    }

    public override void AddTo(CropRun run, int first, int count) => run.Add(canvas.Span, windows.AsSpan(first, count));

    protected override void Read(int crop, ReadOnlySpan<float> row, Span<float> target)
    {
        // The first one overwrites what stood in memory that was used before.
        if (crop == 0)
        {
            row.CopyTo(target);
            return;
        }

        for (var i = 0; i < target.Length; i++)
        {
            target[i] += row[i];
        }
    }

    protected override void Complete()
    {
        Divide(Targets.Probabilities.Span);
        Divide(Targets.Logits.Span);
        Divide(Targets.Features.Span);
    }

    private void Divide(Span<float> sums)
    {
        foreach (ref var value in sums)
        {
            value /= windows.Length;
        }
    }
}
