using TorchSharp;
using static TorchSharp.torch;

namespace AlexNetService.Training.Network;

/// <summary>
/// Dropout of one column (Krizhevsky 2012 §4.2). Each instance has its own generator, so the dropped values depend only on its seed and
/// the row of the batch, and never on the order in which columns, layers, threads or ranks draw. The host draws them for every device: TorchSharp makes CPU generators
/// only, and so the same seed drops the same values on all devices. The host is a step ahead of a CUDA device, so the device does not
/// wait for the draw.
/// </summary>
internal sealed class ColumnDropout(Dropout layer) : nn.Module<Tensor, Tensor>(layer.Name)
{
    private readonly Generator generator = new(0);
    private readonly Scalar kept = (1 - layer.Rate).ToScalar();
    private long seed;
    private int firstRow;

    /// <summary>
    /// Sets the seed and the place in their batch of the rows that the next call gets. Each row has a generator state of its own, so it drops
    /// the same values whichever rows of the batch come with it.
    /// </summary>
    public void Seed(long ofBatch, int first = 0) => (seed, firstRow) = (ofBatch, first);

    /// <summary>The seed of a row; rows differ in the lower 32 bits, which are those that libtorch's generator uses.</summary>
    internal static long SeedOf(long batch, int row) => unchecked(batch + ((row + 1) * 0x9E3779B1L));

    /// <summary>[N,…] → the same shape; in training mode the remaining values are scaled by 1 / (1 − rate).</summary>
    public override Tensor forward(Tensor input)
    {
        if (!training || layer.Rate == 0)
        {
            return input.alias();
        }

        using var scope = NewDisposeScope();
        var stays = empty_like(input, device: CPU);
        for (var row = 0; row < input.shape[0]; row++)
        {
            _ = generator.manual_seed(SeedOf(seed, firstRow + row));
            _ = stays.narrow(0, row, 1).bernoulli_(1 - layer.Rate, generator);
        }

        GC.KeepAlive(generator);
        return (input * HostTensors.Send(stays.div_(kept), input.device)).MoveToOuterDisposeScope();
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
