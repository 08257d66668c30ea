using AlexNetService.Inference.Sessions;
using AlexNetService.Onnx;

namespace AlexNetService.Laboratory.Measure;

/// <summary>Statistics of one layer's output for some photographs.</summary>
/// <param name="Zeros">Share of zeros among its values.</param>
/// <param name="Positive">The positive values, in ascending order.</param>
internal sealed record ActivationStatistics(Layer Layer, double Mean, double Deviation, double Zeros, float[] Positive)
{
    /// <summary>
    /// Runs the centre crops of some photographs, spread evenly over a data set, through a package. One for each layer except dropout and
    /// the classifier, in the order of the table.
    /// </summary>
    public static IReadOnlyList<ActivationStatistics> Of(
        ModelPackage package, LabelledPhotographs source, int count, int threads, CancellationToken stop)
    {
        var architecture = package.Card.Architecture
            ?? throw new InputException("The card has no layer table. Name a package that this software exported.");
        var layers = architecture.Layers.Where(layer => layer is not (Dropout or Classifier)).ToArray();
        string TensorOf(Layer layer) => AlexNetGraph.TensorOf(architecture, layer);
        var step = Math.Max(1, source.Photographs.Count / count);
        var chosen = source.Photographs.Where((_, place) => place % step == 0).Take(count).ToArray();
        var canvases = Canvases.Load(source, chosen, architecture.Geometry.Canvas, stop);
        var centre = CropViews.Centre(architecture.Geometry)[0];
        using var probe = GraphProbe.Open(
            ObservedGraph.Of(package, [.. layers.Select(TensorOf)]), package, new RuntimeOptions { Threads = threads });
        var values = layers.ToDictionary(layer => ObservedGraph.OutputOf(TensorOf(layer)), _ => new List<float>(), StringComparer.Ordinal);
        var crop = new byte[NetworkArchitecture.Channels * architecture.Geometry.Crop * architecture.Geometry.Crop];
        for (var place = 0; place < canvases.Photographs.Count; place++)
        {
            stop.ThrowIfCancellationRequested();
            centre.CopyTo(canvases[place].Span, canvases.Side, crop, architecture.Geometry.Crop);
            probe.Run(crop, [.. values.Keys], (name, some) => values[name].AddRange(some));
        }

        return [.. layers.Select(layer => Of(layer, values[ObservedGraph.OutputOf(TensorOf(layer))]))];
    }

    /// <summary>A quantile, 0 to 1, of the positive values, or NaN if there are none.</summary>
    public double Quantile(double share) =>
        Positive.Length == 0 ? double.NaN : Positive[(int)Math.Min(Positive.Length - 1, share * Positive.Length)];

    public static ActivationStatistics Of(Layer layer, IReadOnlyCollection<float> values)
    {
        var mean = values.Average(value => (double)value);
        var variance = values.Average(value => (value - mean) * (value - mean));
        return new ActivationStatistics(
            layer,
            mean,
            Math.Sqrt(variance),
            values.Count(value => value == 0) / (double)values.Count,
            [.. values.Where(value => value > 0).Order()]);
    }
}
