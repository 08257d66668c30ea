using TorchSharp;
using static TorchSharp.torch;

namespace AlexNetService.Training.Network;

/// <summary>
/// Local response normalisation over the maps of one column (Krizhevsky 2012 §3.3). On a CPU with the paper's β it is one fused pass.
/// Otherwise a 1×1 convolution of the squares with a banded matrix computes the sums over neighbouring maps, on any device.
/// </summary>
internal sealed class ResponseNormalisation(LocalResponseNormalisation layer, int maps, Device device)
    : nn.Module<Tensor, Tensor>(layer.Name)
{
    private readonly Tensor band = tensor(Band(layer, maps), [maps, maps, 1, 1], device: device).DetachFromDisposeScope();
    private readonly Tensor offset = tensor(Enumerable.Repeat((float)layer.K, maps).ToArray(), device: device).DetachFromDisposeScope();
    private readonly Scalar power = (-layer.Beta).ToScalar();

    /// <summary>[N,maps,H,W] → the same shape and element type; computed in float32.</summary>
    public override Tensor forward(Tensor input) =>
        input.device_type == DeviceType.CPU && FusedResponseNormalisation.Takes(layer, input.dtype)
            ? FusedResponseNormalisation.Of(layer, input)
            : Banded(input);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            band.Dispose();
            offset.Dispose();
            power.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>[maps,maps]: α where two maps are at most n/2 apart, 0 elsewhere.</summary>
    private static float[] Band(LocalResponseNormalisation layer, int maps)
    {
        var weights = new float[maps * maps];
        for (var map = 0; map < maps; map++)
        {
            var first = Math.Max(0, map - (layer.Maps / 2));
            Array.Fill(weights, (float)layer.Alpha, (map * maps) + first, Math.Min(maps, map + (layer.Maps / 2) + 1) - first);
        }

        return weights;
    }

    /// <summary>The same in TorchSharp operations, for any device and any β.</summary>
    internal Tensor Banded(Tensor input)
    {
        using var scope = NewDisposeScope();
        var values = input.to(ScalarType.Float32);
        var scale = nn.functional.conv2d(values * values, band, offset);
        return (values * scale.pow(power)).to(input.dtype).MoveToOuterDisposeScope();
    }
}
