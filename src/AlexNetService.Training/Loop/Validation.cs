using System.Runtime.InteropServices;
using AlexNetService.Imaging;
using AlexNetService.Training.Data;
using AlexNetService.Training.Network;
using static TorchSharp.torch;

namespace AlexNetService.Training.Loop;

/// <summary>Measures a network on held-out photographs.</summary>
public static class Validation
{
    /// <summary>Measures the error of the centre crops, as after each epoch.</summary>
    /// <param name="network">The network; it stays in evaluation mode.</param>
    /// <param name="canvases">The photographs.</param>
    /// <param name="augmentation">Cuts the crops.</param>
    /// <param name="centring">Sends the crops to the network's devices.</param>
    /// <param name="feed">Fills the batches.</param>
    /// <param name="cancellation">Stops the measurement.</param>
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
        int Centre(int use, Span<byte> crop, Span<float> shift)
        {
            augmentation.Centre(canvases[use].Span, crop, shift);
            return canvases.Photographs[use].Label;
        }

        foreach (var batch in feed.Run(canvases.Photographs.Count, Centre))
        {
            cancellation.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            var logits = network.Logits(centring.Of(batch));
            using var counts = new LateReading(ErrorRates.CountRight(logits, HostTensors.Send(batch.Labels(), logits.device)));
            errors.Add(batch.Count, counts.Read());
        }

        return errors;
    }

    /// <summary>Computes the logits of several views of each photograph, as for a test with ten crops (Krizhevsky 2012 §4.1).</summary>
    /// <param name="network">The network; it stays in evaluation mode.</param>
    /// <param name="canvases">The photographs.</param>
    /// <param name="augmentation">Cuts the crops.</param>
    /// <param name="centring">Sends the crops to the network's devices.</param>
    /// <param name="windows">The views, such as ten or one.</param>
    /// <param name="cancellation">Stops the measurement.</param>
    /// <returns>[views,classes] of each photograph, in the order of the canvases.</returns>
    public static IEnumerable<float[]> Logits(
        ColumnNetwork network,
        Canvases canvases,
        Augmentation augmentation,
        PixelCentring centring,
        IReadOnlyList<CropWindow> windows,
        CancellationToken cancellation)
    {
        network.eval();
        using var feed = new BatchFeed(
            windows.Count * 16, network.Architecture.Geometry.Crop, augmentation.Pixels, network.Placement.UsesCuda);
        int Cut(int use, Span<byte> crop, Span<float> shift)
        {
            var place = use / windows.Count;
            augmentation.Window(canvases[place].Span, windows[use % windows.Count], crop, shift);
            return canvases.Photographs[place].Label;
        }

        foreach (var batch in feed.Run(canvases.Photographs.Count * windows.Count, Cut))
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var logits in Logits(network, centring, batch, windows.Count))
            {
                yield return logits;
            }
        }
    }

    /// <summary>Computes the logits of a batch with all views of some photographs → [views,classes] of each photograph.</summary>
    private static float[][] Logits(ColumnNetwork network, PixelCentring centring, Batch batch, int views)
    {
        using var noGradient = no_grad();
        using var step = NewDisposeScope();
        var logits = network.Logits(centring.Of(batch)).cpu().contiguous();
        return [.. MemoryMarshal.Cast<byte, float>(logits.bytes).ToArray().Chunk(views * (int)logits.shape[1])];
    }
}
