using Spectre.Console;

namespace AlexNetService.Worker.Evaluate;

internal static class EvaluationTables
{
    /// <summary>Most classes of a confusion matrix that is readable as a table.</summary>
    public const int MostConfusionClasses = 20;

    /// <summary>Prints the tables of a report; errors by class and the confusion are of the ensemble, or of the only model.</summary>
    public static void Print(EvaluationReport report, bool perClass, bool confusion)
    {
        ModelReport[] rows = report.Ensemble is { } ensemble ? [.. report.Models, ensemble] : [.. report.Models];
        var hasTop5 = ErrorRates.HasTop5(report.Classes.Count);
        PrintErrors(rows, hasTop5);
        PrintCalibration(report, rows);
        if (report.Weights is { } weights)
        {
            PrintWeights(report, weights, hasTop5);
        }

        if (report.Others is { } others)
        {
            PrintOthers(others);
        }

        if (perClass)
        {
            PrintClasses(rows[^1], hasTop5);
        }

        if (confusion && report.Classes.Count > MostConfusionClasses)
        {
            TrainingDisplay.Warn($"a confusion matrix of {report.Classes.Count} classes is too large to print; use --json.");
        }
        else if (confusion)
        {
            PrintConfusion(report, rows[^1]);
        }
    }

    /// <summary>Weights as people write them: 0.6, 0.4.</summary>
    public static string Shares(IEnumerable<double> weights) => string.Join(", ", weights.Select(weight => $"{weight:0.###}"));

    private static void PrintErrors(IEnumerable<ModelReport> rows, bool hasTop5)
    {
        var table = Tables.Create(["model"], ["crops", "photographs", .. Headings(hasTop5), "top-1 right"]);
        foreach (var (model, error) in rows.SelectMany(row => row.Errors, (row, error) => (row.Model, error)))
        {
            var errors = Errors(error.Top1Error, error.Top5Error, hasTop5);
            table.Add([model, $"{error.Crops}", $"{error.Images}", .. errors, $"{1 - error.Top1Error:P2}"]);
        }

        AnsiConsole.Write(table);
    }

    private static void PrintCalibration(EvaluationReport report, IEnumerable<ModelReport> rows)
    {
        var fitted = report.FittedOn == 0 ? "" : $"fitted on {report.FittedOn} photographs, ";
        var others = report.FittedOn == 0 ? " photographs" : " others";
        AnsiConsole.WriteLine(
            $"Calibration with {Crops(report.Models[0].Calibration.Crops)}: {fitted}measured on {report.MeasuredOn}{others}. NLL in nats.");
        var left = report.Photographs - report.FittedOn - report.MeasuredOn;
        if (left > 0)
        {
            var budget = CalibrationSplit.MostLogits * sizeof(float) >> 20;
            AnsiConsole.WriteLine($"{left} photographs are left out: the logits of more would not fit into {budget} MiB a model.");
        }

        var table = Tables.Create(["model"], "temperature", "NLL", "→ NLL", "ECE", "→ ECE", "top-1 error", "→ top-1 error");
        foreach (var row in rows)
        {
            var (_, before, temperature, after) = row.Calibration;
            table.Add(
                row.Model,
                $"{temperature:F3}",
                $"{before.Nll:F4}",
                $"{after?.Nll:F4}",
                $"{before.Ece:P2}",
                $"{after?.Ece:P2}",
                $"{before.Top1Error:P2}",
                $"{after?.Top1Error:P2}");
        }

        AnsiConsole.Write(table);
    }

    private static void PrintWeights(EvaluationReport report, WeightReport weights, bool hasTop5)
    {
        var members = $"members with their {(weights.WithTemperatures ? "fitted" : "present")} temperatures";
        AnsiConsole.WriteLine(weights.Searched
            ? $"Weights of least NLL on {report.FittedOn} photographs, measured on {report.MeasuredOn} others; {members}."
            : $"Weights as given, measured on {report.MeasuredOn} photographs; {members}.");
        var table = Tables.Create(["ensemble", "weights"], ["NLL", "ECE", .. Headings(hasTop5)]);
        Add("equal", EnsembleWeights.Equal(weights.Values.Count), weights.Equal);
        Add(weights.Searched ? "searched" : "given", weights.Values, weights.Weighted);
        AnsiConsole.Write(table);

        void Add(string name, IReadOnlyList<double> shares, Quality quality) => table.Add(
            [name, Shares(shares), $"{quality.Nll:F4}", $"{quality.Ece:P2}", .. Errors(quality.Top1Error, quality.Top5Error, hasTop5)]);
    }

    private static void PrintOthers(OtherPhotographs others)
    {
        AnsiConsole.WriteLine(
            $"{others.Photographs} photographs of other things with {Crops(others.Crops)}: probability of the first prediction.");
        var table = Tables.Create(
            ["model"], "mean", "→ mean", $"{Confidence.Threshold:P0} or more", $"→ {Confidence.Threshold:P0} or more", "AUROC", "pass");
        foreach (var row in others.Ensemble is { } ensemble ? [.. others.Models, ensemble] : others.Models)
        {
            table.Add(
                row.Model,
                $"{row.Now.MeanTop:P1}",
                $"{row.Fitted?.MeanTop:P1}",
                $"{row.Now.VerySure:P1}",
                $"{row.Fitted?.VerySure:P1}",
                $"{row.Auroc:F3}",
                $"{row.Passing}");
        }

        AnsiConsole.Write(table);
        AnsiConsole.WriteLine(
            $"AUROC: how well that probability separates the data set from these photographs. Pass: how many reach the level from which "
            + $"{ConfidenceTable.UsualShare:P0} of the answers for the data set are right.");
    }

    private static void PrintClasses(ModelReport row, bool hasTop5)
    {
        AnsiConsole.WriteLine($"Classes of {row.Model} with {Crops(row.Calibration.Crops)}, worst first.");
        var table = Tables.Create(["class"], ["photographs", .. Headings(hasTop5)]).AddColumn("most frequent wrong prediction");
        foreach (var line in row.PerClass)
        {
            table.Add([line.Class, $"{line.Photographs}", .. Errors(line.Top1Error, line.Top5Error, hasTop5), line.TakenFor ?? ""]);
        }

        AnsiConsole.Write(table);
    }

    private static void PrintConfusion(EvaluationReport report, ModelReport row)
    {
        AnsiConsole.WriteLine(
            $"Confusion of {row.Model} with {Crops(row.Calibration.Crops)}. Rows: class shown; columns: class predicted.");
        var table = Tables.Create(["shows"], report.Classes.Select((_, index) => $"{index}"));
        foreach (var (index, counts) in row.Confusion.Index())
        {
            table.Add([$"{index} {report.Classes[index]}", .. counts.Select(count => $"{count}")]);
        }

        AnsiConsole.Write(table);
    }

    private static string[] Headings(bool hasTop5) => hasTop5 ? ["top-1 error", "top-5 error"] : ["top-1 error"];

    private static string[] Errors(double top1, double top5, bool hasTop5) => hasTop5 ? [$"{top1:P2}", $"{top5:P2}"] : [$"{top1:P2}"];

    private static string Crops(int count) => count == 1 ? "1 crop" : $"{count} crops";
}
