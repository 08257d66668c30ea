using static TorchSharp.torch;

namespace AlexNetService.Training.Loop;

internal static class Validation
{
    /// <summary>
    /// Measures the error of the centre crops, as after each epoch, each rank those of its share. The network stays in evaluation mode.
    /// </summary>
    public static ErrorRates CentreCrop(
        ColumnNetwork network,
        Canvases canvases,
        Augmentation augmentation,
        PixelCentring centring,
        BatchFeed feed,
        Ranks ranks,
        CancellationToken cancellation)
    {
        network.eval();
        using var noGradient = no_grad();
        var errors = new ErrorRates();
        var (count, centre) = (canvases.Photographs.Count, CropViews.Centre(network.Architecture.Geometry));
        foreach (var batch in feed.Run(count, augmentation.Windows(canvases, centre, count)))
        {
            ranks.ThrowIfStopped(cancellation);
            using var step = NewDisposeScope();
            var logits = network.Logits(centring.Of(batch));
            var rows = batch.Rows.Counted;
            if (rows > 0)
            {
                var labels = HostTensors.Send(batch.Labels(), logits.device);
                using var counts = new LateReading(ErrorRates.CountRight(logits.narrow(0, 0, rows), labels.narrow(0, 0, rows)));
                errors.Add(rows, counts.Read());
            }
        }

        return ranks.Sum(errors);
    }
}
