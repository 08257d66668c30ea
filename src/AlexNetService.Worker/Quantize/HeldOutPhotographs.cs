using AlexNetService.Imaging;
using AlexNetService.Training.Data;
using AlexNetService.Training.Measuring;
using AlexNetService.Training.Runs;
using AlexNetService.Worker.Evaluate;

namespace AlexNetService.Worker.Quantize;

/// <summary>A labelled data set, divided into photographs to measure on and photographs to calibrate on.</summary>
/// <param name="source">The data set; it must outlive this.</param>
/// <param name="measured">The photographs to measure on.</param>
/// <param name="others">The others; empty if all are measured.</param>
internal sealed class HeldOutPhotographs(LabelledPhotographs source, IReadOnlyList<Photograph> measured, IReadOnlyList<Photograph> others)
{
    private Canvases? canvases;

    public string Name => source.Name;

    /// <summary>Name of the measured part, for cards.</summary>
    public string Split => others.Count > 0 ? "validation" : "all";

    /// <summary>Decodes photographs for calibration, spread evenly over those that are not measured, or over all if all are.</summary>
    public Canvases ForCalibration(int count, int side, CancellationToken stop)
    {
        var from = others.Count > 0 ? others : measured;
        var taken = Math.Min(count, from.Count);
        return Canvases.Load(source, [.. Enumerable.Range(0, taken).Select(i => from[(int)((long)i * from.Count / taken)])], side, stop);
    }

    /// <summary>Errors with ten crops.</summary>
    public ErrorMeasure Measure(EvaluatedModel model, CancellationToken stop)
    {
        canvases = canvases?.Side == model.Geometry.Canvas ? canvases : Canvases.Load(source, measured, model.Geometry.Canvas, stop);
        var classes = ClassMatch.Of(source, model.Labels, model.Name);
        int[] truth = [.. canvases.Photographs.Select(photograph => classes[photograph.Label])];
        var crops = CropViews.Ten(model.Geometry).Length;
        return ErrorMeasure.Of(crops, ModelMeasurement.Of(model, canvases, truth, [crops], keep: [], stop).ByCrops[crops]);
    }
}
