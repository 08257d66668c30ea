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
    /// <param name="feed">Fills the batches.</param>
    /// <param name="cancellation">Stops the measurement.</param>
    public static ErrorRates CentreCrop(
        ColumnNetwork network, Canvases canvases, Augmentation augmentation, BatchFeed feed, CancellationToken cancellation)
    {
        network.eval();
        using var noGradient = no_grad();
        var errors = new ErrorRates();
        int Centre(int use, Span<float> crop)
        {
            augmentation.Centre(canvases[use].Span, crop);
            return canvases.Photographs[use].Label;
        }

        foreach (var batch in feed.Run(canvases.Photographs.Count, Centre))
        {
            cancellation.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            Count(errors, network.call(batch.Crops()), batch.Labels());
        }

        return errors;
    }

    /// <summary>Computes the logits of several views of each photograph, as for a test with ten crops (Krizhevsky 2012 §4.1).</summary>
    /// <param name="network">The network; it stays in evaluation mode.</param>
    /// <param name="canvases">The photographs.</param>
    /// <param name="augmentation">Cuts the crops.</param>
    /// <param name="windows">The views, such as ten or one.</param>
    /// <param name="cancellation">Stops the measurement.</param>
    /// <returns>[views,classes] of each photograph, in the order of the canvases.</returns>
    public static IEnumerable<float[]> Logits(
        ColumnNetwork network,
        Canvases canvases,
        Augmentation augmentation,
        IReadOnlyList<CropWindow> windows,
        CancellationToken cancellation)
    {
        network.eval();
        using var feed = new BatchFeed(windows.Count * 16, network.Architecture.Geometry.Crop);
        int Cut(int use, Span<float> crop)
        {
            var place = use / windows.Count;
            augmentation.Window(canvases[place].Span, windows[use % windows.Count], crop);
            return canvases.Photographs[place].Label;
        }

        foreach (var batch in feed.Run(canvases.Photographs.Count * windows.Count, Cut))
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var logits in Logits(network, batch, windows.Count))
            {
                yield return logits;
            }
        }
    }

    /// <summary>Adds a batch to the error rates.</summary>
    internal static void Count(ErrorRates errors, Tensor logits, Tensor labels)
    {
        var scores = MemoryMarshal.Cast<byte, float>(logits.detach().cpu().contiguous().bytes);
        var classes = (int)logits.shape[1];
        var right = MemoryMarshal.Cast<byte, long>(labels.bytes);
        for (var i = 0; i < right.Length; i++)
        {
            errors.Add(scores.Slice(i * classes, classes), (int)right[i]);
        }
    }

    /// <summary>Computes the logits of a batch with all views of some photographs → [views,classes] of each photograph.</summary>
    private static float[][] Logits(ColumnNetwork network, Batch batch, int views)
    {
        using var noGradient = no_grad();
        using var step = NewDisposeScope();
        var logits = network.call(batch.Crops()).cpu().contiguous();
        return [.. MemoryMarshal.Cast<byte, float>(logits.bytes).ToArray().Chunk(views * (int)logits.shape[1])];
    }
}
