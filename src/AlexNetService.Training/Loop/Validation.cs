using System.Runtime.InteropServices;
using AlexNetService.Imaging;
using AlexNetService.Training.Data;
using AlexNetService.Training.Network;
using static TorchSharp.torch;

namespace AlexNetService.Training.Loop;

/// <summary>Errors of a network on photographs it did not learn from.</summary>
public static class Validation
{
    /// <summary>Errors with the centre crop alone, as measured after each epoch.</summary>
    /// <param name="network">The network; is left in evaluation mode.</param>
    /// <param name="canvases">The photographs.</param>
    /// <param name="augmentation">Cuts the crops.</param>
    /// <param name="feed">The buffers.</param>
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

    /// <summary>Errors with the mean over ten crops, as measured at the end.</summary>
    /// <param name="network">The network; is left in evaluation mode.</param>
    /// <param name="canvases">The photographs.</param>
    /// <param name="augmentation">Cuts the crops.</param>
    /// <param name="cancellation">Stops the measurement.</param>
    public static ErrorRates TenCrops(ColumnNetwork network, Canvases canvases, Augmentation augmentation, CancellationToken cancellation)
    {
        var errors = new ErrorRates();
        foreach (var probabilities in Probabilities(network, canvases, augmentation, CropViews.Ten(network.Architecture.Geometry), cancellation))
        {
            errors.Add(probabilities, canvases.Photographs[errors.Images].Label);
        }

        return errors;
    }

    /// <summary>
    /// Mean over some views of the softmax of each (Krizhevsky 2012 §4.1), for every photograph in turn.
    /// </summary>
    /// <param name="network">The network; is left in evaluation mode.</param>
    /// <param name="canvases">The photographs.</param>
    /// <param name="augmentation">Cuts the crops.</param>
    /// <param name="windows">The views, ten or one.</param>
    /// <param name="cancellation">Stops the measurement.</param>
    /// <returns>Class probabilities of each photograph, in the order of the canvases.</returns>
    public static IEnumerable<float[]> Probabilities(
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
            foreach (var probabilities in MeanOverViews(network, batch, windows.Count))
            {
                yield return probabilities;
            }
        }
    }

    /// <summary>Counts a batch.</summary>
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

    /// <summary>A batch of all views of some photographs → class probabilities of each photograph.</summary>
    private static float[][] MeanOverViews(ColumnNetwork network, Batch batch, int views)
    {
        using var noGradient = no_grad();
        using var step = NewDisposeScope();
        var perCrop = nn.functional.softmax(network.call(batch.Crops()), dim: 1);
        var perPhotograph = perCrop.view(batch.Count / views, views, -1).mean([1]).cpu().contiguous();
        var values = MemoryMarshal.Cast<byte, float>(perPhotograph.bytes).ToArray();
        return [.. values.Chunk((int)perPhotograph.shape[1])];
    }
}
