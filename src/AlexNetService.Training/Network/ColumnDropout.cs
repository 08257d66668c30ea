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

    /// <summary>Seeds the generator; the seed alone decides which values the next call drops.</summary>
    public void Seed(long seed) => _ = generator.manual_seed(seed);

    /// <summary>[N,…] → the same shape; in training mode the remaining values are scaled by 1 / (1 − rate).</summary>
    public override Tensor forward(Tensor input)
    {
        if (!training || layer.Rate == 0)
        {
            return input.alias();
        }

        using var scope = NewDisposeScope();
        var stays = empty_like(input, device: CPU).bernoulli_(1 - layer.Rate, generator).div_(kept);
        GC.KeepAlive(generator);
        return (input * HostTensors.Send(stays, input.device)).MoveToOuterDisposeScope();
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
