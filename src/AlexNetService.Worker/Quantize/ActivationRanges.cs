using AlexNetService.Imaging;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Onnx.Quantized;
using AlexNetService.Training.Data;
using AlexNetService.Training.Measuring;

namespace AlexNetService.Worker.Quantize;

/// <summary>Runs photographs through a network and notes how large the values of its inner tensors are.</summary>
internal static class ActivationRanges
{
    /// <param name="probe">The network, with the tensors among its outputs.</param>
    /// <param name="tensors">Names of the tensors.</param>
    /// <param name="canvases">The photographs.</param>
    /// <param name="geometry">Canvas and crop.</param>
    /// <param name="stop">Stops the measurement.</param>
    /// <exception cref="InputException">The network gives something that is no number.</exception>
    public static IReadOnlyDictionary<string, TensorRange> Measure(
        GraphProbe probe, IReadOnlyList<string> tensors, Canvases canvases, CropGeometry geometry, CancellationToken stop)
    {
        var windows = CropViews.Ten(geometry);
        var histograms = tensors.ToDictionary(name => name, _ => new ValueHistogram(), StringComparer.Ordinal);
        var cropBytes = NetworkArchitecture.Channels * geometry.Crop * geometry.Crop;
        var crops = new byte[windows.Length * cropBytes];
        foreach (var place in MeasuringProgress.Over(Enumerable.Range(0, canvases.Photographs.Count), canvases.Photographs.Count, "calibration"))
        {
            stop.ThrowIfCancellationRequested();
            var canvas = canvases[place];
            for (var i = 0; i < windows.Length; i++)
            {
                windows[i].CopyTo(canvas.Span, canvases.Side, crops.AsSpan(i * cropBytes, cropBytes), geometry.Crop);
            }

            try
            {
                probe.Run(crops, windows.Length, tensors, (name, values) => histograms[name].Add(values));
            }
            catch (ArgumentException e)
            {
                throw new InputException($"The network cannot be calibrated on '{canvases.Photographs[place].Path}': {e.Message}");
            }
        }

        return histograms.ToDictionary(pair => pair.Key, pair => pair.Value.BestRange(), StringComparer.Ordinal);
    }
}
