using AlexNetService.ModelSpec.Architecture;
using static TorchSharp.torch;

namespace AlexNetService.Training.Network;

/// <summary>
/// Local response normalisation over the maps of one column (Krizhevsky 2012 §3.3). The sum over neighbouring maps is a 1×1
/// convolution of the squares with a banded matrix, which is two to three times as fast as the library's own on a CPU and runs on
/// every device.
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

    /// <summary>[N,maps,H,W] → the same shape.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var scale = nn.functional.conv2d(input * input, band, offset);
        return (input * scale.pow(-layer.Beta)).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            band.Dispose();
            offset.Dispose();
        }

        base.Dispose(disposing);
    }
}
