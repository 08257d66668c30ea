using System.Globalization;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Onnx;
using AlexNetService.Training.Loop;
using AlexNetService.Worker.Evaluate;
using AlexNetService.Worker.Export;

namespace AlexNetService.Worker.Quantize;

/// <summary>Publishes a package with fewer bits, if it is as good as the original.</summary>
internal sealed class NarrowedPackage
{
    // Sums of bytes are exact. The order of the float sums between them can still move a value to the next step.
    private const double GoldenTolerance = 2e-2;

    public required ModelPackage From { get; init; }

    public required Precision Precision { get; init; }

    /// <summary>Number of photographs that ranges were read from.</summary>
    public required int CalibrationImages { get; init; }

    /// <summary>The photographs on which both packages are measured.</summary>
    public required HeldOutPhotographs Labelled { get; init; }

    /// <summary>Largest allowed rise of the top-1 error, as a share of the photographs.</summary>
    public required double MaxLoss { get; init; }

    public required RuntimeOptions Runtime { get; init; }

    /// <summary>Measures both packages with ten crops and publishes the new one.</summary>
    /// <param name="graphs">Its graphs.</param>
    /// <param name="packages">Where it goes.</param>
    /// <param name="name">Its name.</param>
    /// <param name="version">Its version.</param>
    /// <param name="stop">Stops before anything is published.</param>
    /// <exception cref="InputException">Its error is too high.</exception>
    public ModelPackage Publish(PackageGraphs graphs, PackageRepository packages, string name, int version, CancellationToken stop)
    {
        var before = Measure(From, "before", stop);
        var card = graphs.Describe(From.Card) with
        {
            Name = name,
            Version = version,
            Golden = null,
            Metrics = [],
            Confidence = null,
        };
        // Rounding is invisible in the picture, so the original's is used.
        var files = graphs.Files with { Filters = From.Card.Filters is { } filters ? PackageFiles.CopyOf(From.PathOf(filters)) : null };
        return packages.Publish(card, files, package =>
        {
            var after = Measure(package, "after", stop);
            RequireAsGood(before, after);
            using var session = ModelSession.Open(package, Runtime);
            return package.Card with
            {
                Golden = GoldenAnswer.Of(session, GoldenTolerance),
                Metrics = [new ErrorMetric(Labelled.Name, Labelled.Split, after.Images, after.Crops, after.Top1Error, after.Top5Error)],
                Quantization = new Quantization(
                    Precision, From.Card.Name, From.Card.Version, From.Card.Graph.Sha256, CalibrationImages, Labelled.Name, after.Images,
                    before.Top1Error, after.Top1Error, before.Top5Error, after.Top5Error),
            };
        });
    }

    private ErrorMeasure Measure(ModelPackage package, string when, CancellationToken stop)
    {
        using var model = EvaluatedPackage.Open(package, Runtime);
        var error = Labelled.Measure(model, stop);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{when}: {error.Images} photographs, {error.Crops} crops: ")
            + ErrorRates.Text(error.Top1Error, error.Top5Error, package.Card.Labels.Count));
        return error;
    }

    private void RequireAsGood(ErrorMeasure before, ErrorMeasure after)
    {
        // Written so that a NaN fails too.
        if (!(after.Top1Error - before.Top1Error <= MaxLoss))
        {
            throw new InputException(string.Create(
                CultureInfo.InvariantCulture,
                $"Top-1 error rises from {before.Top1Error:P2} to {after.Top1Error:P2}; --max-loss allows {100 * MaxLoss:0.##} points. ")
                + "Nothing was published. Calibrate on more photographs like those that will be served, or try --weight-bits 8.");
        }
    }
}
