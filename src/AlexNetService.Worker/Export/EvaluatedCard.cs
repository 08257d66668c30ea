using AlexNetService.Worker.Evaluate;

namespace AlexNetService.Worker.Export;

/// <summary>Results of an evaluation that a model's card stores; null if the evaluation has none.</summary>
/// <param name="Calibration">The fitted temperature.</param>
/// <param name="EnsembleWeight">The searched or given weight.</param>
/// <param name="Measured">Errors with the fitted temperature, on photographs it was not fitted on.</param>
/// <param name="Confidence">How often first predictions are right, on the same photographs.</param>
internal sealed record EvaluatedCard(
    Calibration? Calibration, double? EnsembleWeight, ErrorMetric? Measured, ConfidenceTable? Confidence)
{
    /// <summary>Reads the results that <c>alexnet evaluate --json</c> wrote for a model.</summary>
    /// <param name="sha256">Hash of the package's graph or of the checkpoint's weights.</param>
    /// <param name="model">The model on the command line, such as <c>--run runs/first</c>.</param>
    public static EvaluatedCard Read(string file, string sha256, string model)
    {
        var report = EvaluationReport.Read(file);
        var place = report.Models.Select(entry => entry.Sha256).ToList().IndexOf(sha256);
        InputException.ThrowIf(
            place < 0,
            $"'{file}' measured {string.Join(", ", report.Models.Select(entry => entry.Model))}, not the present {model}. "
            + $"Measure it: alexnet evaluate {model} --json {file}");
        // A weight of 1 is an equal share, so that members of this search and other models can form an ensemble.
        var weight = report.Weights?.Values[place] * report.Models.Count;
        return weight == 0
            ? throw new InputException($"{model} has weight 0 in the ensemble of '{file}'. Leave it out.")
            : Of(report, report.Models[place].Calibration, weight);
    }

    public void Print()
    {
        if (Calibration is { } found)
        {
            Console.WriteLine(
                $"temperature {found.Temperature:F3}: calibration error {found.EceBefore:P2} → {found.EceAfter:P2} "
                + $"on {found.MeasuredImages} photographs it was not fitted on");
            if (found.EceAfter > found.EceBefore || found.NllAfter > found.NllBefore)
            {
                TrainingDisplay.Warn(
                    $"with this temperature the probabilities of those photographs are worse: calibration error {found.EceBefore:P2} → "
                    + $"{found.EceAfter:P2}, NLL {found.NllBefore:F4} → {found.NllAfter:F4}. Fit it on more photographs, "
                    + "or measure with --temperature keep and export without it.");
            }
        }

        if (Confidence is { } table)
        {
            Console.WriteLine(
                (table.Level() is { } level
                    ? $"predictions with a probability of {level:P0} or more are right {ConfidenceTable.UsualShare:P0} of the time"
                    : $"no prediction is right {ConfidenceTable.UsualShare:P0} of the time, however probable")
                + $" (measured on {table.Images} photographs)");
        }

        if (EnsembleWeight is { } weight)
        {
            Console.WriteLine($"ensemble weight {weight:0.###}");
        }
    }

    private static EvaluatedCard Of(EvaluationReport report, CalibrationReport found, double? weight)
    {
        if (found is not { Temperature: { } temperature, After: { } after })
        {
            return new EvaluatedCard(null, weight, null, report.ConfidenceOf(found));
        }

        var split = report.Split;
        return new EvaluatedCard(
            new Calibration(
                temperature, report.DataSet, split, report.FittedOn, report.MeasuredOn, found.Crops,
                found.Before.Ece, after.Ece, found.Before.Nll, after.Nll),
            weight,
            new ErrorMetric(report.DataSet, $"{split}, not fitted on", report.MeasuredOn, found.Crops, after.Top1Error, after.Top5Error),
            report.ConfidenceOf(found));
    }
}
