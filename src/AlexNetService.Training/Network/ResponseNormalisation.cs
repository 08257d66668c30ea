using AlexNetService.ModelSpec.Architecture;
using TorchSharp;
using static TorchSharp.torch;

namespace AlexNetService.Training.Network;

/// <summary>
/// Local response normalisation over the maps of one column (Krizhevsky 2012 §3.3). On a CPU and with the paper's β it is one fused
/// pass; otherwise the sum over neighbouring maps is a 1×1 convolution of the squares with a banded matrix, which runs on every device.
/// </summary>
internal sealed class ResponseNormalisation : nn.Module<Tensor, Tensor>
{
    private readonly LocalResponseNormalisation layer;
    private readonly Tensor band;
    private readonly Tensor offset;

    public ResponseNormalisation(LocalResponseNormalisation layer, int maps, Device device)
        : base(layer.Name)
    {
        this.layer = layer;
        using var scope = NewDisposeScope();
        var place = arange(maps, dtype: ScalarType.Float32, device: device);
        var distance = (place.unsqueeze(0) - place.unsqueeze(1)).abs();
        band = (distance.le(layer.Maps / 2).to(ScalarType.Float32) * layer.Alpha).view(maps, maps, 1, 1).DetachFromDisposeScope();
        offset = full([maps], layer.K, device: device).DetachFromDisposeScope();
    }

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
        }

        base.Dispose(disposing);
    }

    /// <summary>The same in operations of the library, for every device and every β.</summary>
    internal Tensor Banded(Tensor input)
    {
        using var scope = NewDisposeScope();
        var values = input.to(ScalarType.Float32);
        var scale = nn.functional.conv2d(values * values, band, offset);
        return (values * scale.pow(-layer.Beta)).to(input.dtype).MoveToOuterDisposeScope();
    }
}
