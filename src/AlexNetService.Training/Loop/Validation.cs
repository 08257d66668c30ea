using static TorchSharp.torch;

namespace AlexNetService.Training.Loop;

internal static class Validation
{
    /// <summary>Measures the error of the centre crops, as after each epoch. The network stays in evaluation mode.</summary>
    public static ErrorRates CentreCrop(
        ColumnNetwork network,
        Canvases canvases,
        Augmentation augmentation,
        PixelCentring centring,
        BatchFeed feed,
        CancellationToken cancellation)
    {
        network.eval();
        using var noGradient = no_grad();
        var errors = new ErrorRates();
        var (count, centre) = (canvases.Photographs.Count, CropViews.Centre(network.Architecture.Geometry));
        foreach (var batch in feed.Run(count, augmentation.Windows(canvases, centre, count)))
        {
            cancellation.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            var logits = network.Logits(centring.Of(batch));
            using var counts = new LateReading(ErrorRates.CountRight(logits, HostTensors.Send(batch.Labels(), logits.device)));
            errors.Add(batch.Count, counts.Read());
        }

        return errors;
    }
}
