using AlexNetService.Worker.Evaluate;

namespace AlexNetService.Worker.Quantize;

/// <summary>Publishes a package with fewer bits, if it is as good as the original.</summary>
/// <param name="CalibrationImages">Number of photographs that ranges were read from.</param>
/// <param name="Labelled">The photographs on which both packages are measured.</param>
/// <param name="MaxLoss">Largest allowed rise of the top-1 error, as a share of the photographs.</param>
internal sealed record NarrowedPackage(
    ModelPackage From, Precision Precision, int CalibrationImages, HeldOutPhotographs Labelled, double MaxLoss, RuntimeOptions Runtime)
{
    private const int Crops = 10;

    // Sums of bytes are exact. The order of the float sums between them can still move a value to the next step.
    private const double GoldenTolerance = 2e-2;

    /// <summary>Measures both packages with ten crops and publishes the new one.</summary>
    public ModelPackage Publish(PackageGraphs graphs, PackageRepository packages, string name, int version, CancellationToken stop)
    {
        var canvases = Canvases.Load(Labelled.Source, Labelled.Measured, From.Card.Preprocessing.Canvas, stop);
        var before = Measure(From, canvases, "before", stop);
        var card = graphs.Describe(From.Card) with { Name = name, Version = version, Golden = null, Metrics = [], Confidence = null };

        // Rounding is invisible in the picture, so the original's is used.
        var files = graphs.Files with { Filters = From.Card.Filters is { } filters ? PackageFiles.CopyOf(From.PathOf(filters)) : null };
        return packages.Publish(card, files, package =>
        {
            var after = Measure(package, canvases, "after", stop);
            RequireAsGood(before, after);
            using var session = ModelSession.Open(package, Runtime);
            return package.Card with
            {
                Golden = PackageExport.GoldenAnswer(session, GoldenTolerance),
                Metrics = [after.ToMetric(Labelled.Source.Name, Labelled.Split)],
                Quantization = new Quantization(
                    Precision, From.Card.Name, From.Card.Version, From.Card.Graph.Sha256, CalibrationImages, Labelled.Source.Name,
                    after.Images, before.Top1Error, after.Top1Error, before.Top5Error, after.Top5Error),
            };
        });
    }

    private ErrorMeasure Measure(ModelPackage package, Canvases canvases, string when, CancellationToken stop)
    {
        using var model = EvaluatedPackage.Open(package, Runtime);
        var error = ErrorMeasure.Of(model, Labelled.Source, canvases, [Crops], stop)[0];
        Console.WriteLine(
            $"{when}: {error.Images} photographs, {error.Crops} crops: "
            + ErrorRates.Text(error.Top1Error, error.Top5Error, package.Card.Labels.Count));
        return error;
    }

    private void RequireAsGood(ErrorMeasure before, ErrorMeasure after)
    {
        // Written so that a NaN fails too.
        InputException.ThrowIf(
            !(after.Top1Error - before.Top1Error <= MaxLoss),
            $"Top-1 error rises from {before.Top1Error:P2} to {after.Top1Error:P2}; --max-loss allows {100 * MaxLoss:0.##} points. "
            + "Nothing was published. Calibrate on more photographs like those that will be served, or try --weight-bits 8.");
    }
}
