using AlexNetService.Imaging;
using AlexNetService.Training.Data;
using AlexNetService.Training.Measuring;
using AlexNetService.Training.Runs;
using AlexNetService.Worker.Evaluate;

namespace AlexNetService.Worker.Quantize;

/// <summary>A labelled set, parted into what is measured and what a network may be calibrated on.</summary>
/// <param name="source">The labelled set; must outlive this.</param>
/// <param name="measured">What is measured.</param>
/// <param name="others">The others; empty where all are measured.</param>
internal sealed class HeldOutPhotographs(LabelledPhotographs source, IReadOnlyList<Photograph> measured, IReadOnlyList<Photograph> others)
{
    private Canvases? canvases;

    public string Name => source.Name;

    /// <summary>Which part is measured, as cards say it.</summary>
    public string Split => others.Count > 0 ? "validation" : "all";

    /// <summary>Decodes photographs for calibration, evenly over those that are not measured (over all, where all are).</summary>
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
        var classes = ClassMatch.Of(source.Labels, model.Labels, source.Name);
        int[] truth = [.. canvases.Photographs.Select(photograph => classes[photograph.Label])];
        var crops = CropViews.Ten(model.Geometry).Length;
        return ErrorMeasure.Of(crops, ModelMeasurement.Of(model, canvases, truth, [crops], keep: [], stop).ByCrops[crops]);
    }
}
