using TorchSharp;
using static TorchSharp.torch;

namespace AlexNetService.Training.Network;

/// <summary>
/// Dropout of one column (Krizhevsky 2012 §4.2). Each instance has its own generator, so the dropped values depend only on its seed and
/// never on the order in which columns, layers or threads draw. The host draws them for every device: TorchSharp makes CPU generators
/// only, and so the same seed drops the same values on all devices. The host is a step ahead of a CUDA device, so the device does not
/// wait for the draw.
/// </summary>
internal sealed class ColumnDropout(Dropout layer) : nn.Module<Tensor, Tensor>(layer.Name)
{
    private readonly Generator generator = new(0);
    private readonly Scalar kept = (1 - layer.Rate).ToScalar();
    private BatchRows? rows;

    /// <summary>
    /// Seeds the generator; the seed alone decides which values the next call drops. If the call gets some rows of a batch, all of the
    /// batch is drawn, so that they drop what they would in the whole batch.
    /// </summary>
    public void Seed(long seed, BatchRows? ofBatch = null)
    {
        _ = generator.manual_seed(seed);
        rows = ofBatch is { AreAll: false } part ? part : null;
    }

    /// <summary>[N,…] → the same shape; in training mode the remaining values are scaled by 1 / (1 − rate).</summary>
    public override Tensor forward(Tensor input)
    {
        if (!training || layer.Rate == 0)
        {
            return input.alias();
        }

        using var scope = NewDisposeScope();
        var whole = rows is null ? empty_like(input, device: CPU) : LikeWholeBatch(input, rows.Value.Whole);
        var drawn = whole.bernoulli_(1 - layer.Rate, generator);
        var stays = (rows is { } part ? drawn.narrow(0, part.First, part.Count) : drawn).div_(kept);
        GC.KeepAlive(generator);
        return (input * HostTensors.Send(stays, input.device)).MoveToOuterDisposeScope();
    }

    /// <summary>[n,…] → an empty tensor [whole,…] on the host in the same order of memory, rows outermost.</summary>
    private static Tensor LikeWholeBatch(Tensor input, int whole)
    {
        var (shape, strides) = (input.shape.ToArray(), input.stride().ToArray());
        (shape[0], strides[0]) = (whole, input.numel() / shape[0]);
        return empty_strided(shape, strides, input.dtype, CPU);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            generator.Dispose();
            kept.Dispose();
        }

        base.Dispose(disposing);
    }
}
