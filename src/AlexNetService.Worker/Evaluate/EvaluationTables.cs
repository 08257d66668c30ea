using System.Globalization;
using AlexNetService.Laboratory.Measure;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Measuring;
using Spectre.Console;

namespace AlexNetService.Worker.Evaluate;

/// <summary>Prints the results of an evaluation.</summary>
internal static class EvaluationTables
{
    /// <summary>Most classes of a confusion matrix that is readable as a table.</summary>
    public const int MostConfusionClasses = 20;

    public static void PrintErrors(EvaluationReport report, IAnsiConsole console)
    {
        var hasTop5 = HasTop5(report);
        var table = Create(["model"], ["crops", "photographs", .. Headings(hasTop5), "top-1 right"]);
        foreach (var (model, error) in Rows(report).SelectMany(row => row.Errors, (row, error) => (row.Model, error)))
        {
            table.AddRow([
                new Text(model),
                Cell($"{error.Crops}"),
                Cell($"{error.Images}"),
                .. Errors(error.Top1Error, error.Top5Error, hasTop5),
                Cell($"{1 - error.Top1Error:P2}"),
            ]);
        }

        console.Write(table);
    }

    public static void PrintCalibration(EvaluationReport report, IAnsiConsole console)
    {
        var fitted = report.FittedOn == 0 ? "" : $"fitted on {report.FittedOn} photographs, ";
        var others = report.FittedOn == 0 ? " photographs" : " others";
        console.WriteLine(
            $"Calibration with {Crops(report.Models[0].Calibration.Crops)}: {fitted}measured on {report.MeasuredOn}{others}. NLL in nats.");
        var left = report.Photographs - report.FittedOn - report.MeasuredOn;
        if (left > 0)
        {
            var budget = CalibrationSplit.MostLogits * sizeof(float) >> 20;
            console.WriteLine($"{left} photographs are left out: the logits of more would not fit into {budget} MiB a model.");
        }

        var table = Create(["model"], "temperature", "NLL", "→ NLL", "ECE", "→ ECE", "top-1 error", "→ top-1 error");
        foreach (var row in Rows(report))
        {
            var (_, before, temperature, after) = row.Calibration;
            table.AddRow(
                new Text(row.Model),
                Cell($"{temperature:F3}"),
                Cell($"{before.Nll:F4}"),
                Cell($"{after?.Nll:F4}"),
                Cell($"{before.Ece:P2}"),
                Cell($"{after?.Ece:P2}"),
                Cell($"{before.Top1Error:P2}"),
                Cell($"{after?.Top1Error:P2}"));
        }

        console.Write(table);
    }

    public static void PrintWeights(EvaluationReport report, WeightReport weights, IAnsiConsole console)
    {
        var members = weights.WithTemperatures ? "members with their fitted temperatures" : "members with their present temperatures";
        console.WriteLine(weights.Searched
            ? $"Weights of least NLL on {report.FittedOn} photographs, measured on {report.MeasuredOn} others; {members}."
            : $"Weights as given, measured on {report.MeasuredOn} photographs; {members}.");
        var hasTop5 = HasTop5(report);
        var table = Create(["ensemble", "weights"], ["NLL", "ECE", .. Headings(hasTop5)]);
        Add("equal", EnsembleWeights.Equal(weights.Values.Count), weights.Equal);
        Add(weights.Searched ? "searched" : "given", weights.Values, weights.Weighted);
        console.Write(table);

        void Add(string name, IReadOnlyList<double> shares, Quality quality) => table.AddRow([
            new Text(name),
            new Text(Shares(shares)),
            Cell($"{quality.Nll:F4}"),
            Cell($"{quality.Ece:P2}"),
            .. Errors(quality.Top1Error, quality.Top5Error, hasTop5),
        ]);
    }

    public static void PrintOthers(OtherPhotographs others, IAnsiConsole console)
    {
        console.WriteLine(
            $"{others.Photographs} photographs of other things with {Crops(others.Crops)}: probability of the first prediction.");
        var table = Create(
            ["model"], "mean", "→ mean", $"{Confidence.Threshold:P0} or more", $"→ {Confidence.Threshold:P0} or more", "AUROC", "pass");
        foreach (var row in others.Ensemble is { } ensemble ? [.. others.Models, ensemble] : others.Models)
        {
            table.AddRow(
                new Text(row.Model),
                Cell($"{row.Now.MeanTop:P1}"),
                Cell($"{row.Fitted?.MeanTop:P1}"),
                Cell($"{row.Now.VerySure:P1}"),
                Cell($"{row.Fitted?.VerySure:P1}"),
                Cell($"{row.Auroc:F3}"),
                Cell($"{row.Passing}"));
        }

        console.Write(table);
        console.WriteLine(
            $"AUROC: how well that probability separates the data set from these photographs. Pass: how many reach the level from which "
            + $"{ConfidenceTable.UsualShare:P0} of the answers for the data set are right.");
    }

    public static void PrintClasses(EvaluationReport report, ModelReport row, IAnsiConsole console)
    {
        console.WriteLine($"Classes of {row.Model} with {Crops(row.Calibration.Crops)}, worst first.");
        var hasTop5 = HasTop5(report);
        var table = Create(["class"], ["photographs", .. Headings(hasTop5)]);
        table.AddColumn("most frequent wrong prediction");
        foreach (var line in row.PerClass)
        {
            table.AddRow([
                new Text(line.Class),
                Cell($"{line.Photographs}"),
                .. Errors(line.Top1Error, line.Top5Error, hasTop5),
                new Text(line.TakenFor ?? ""),
            ]);
        }

        console.Write(table);
    }

    public static void PrintConfusion(EvaluationReport report, ModelReport row, IAnsiConsole console)
    {
        console.WriteLine($"Confusion of {row.Model} with {Crops(row.Calibration.Crops)}. Rows: class shown; columns: class predicted.");
        var table = Create(["shows"], [.. report.Classes.Select((_, index) => $"{index}")]);
        foreach (var (index, counts) in row.Confusion.Index())
        {
            table.AddRow([new Text($"{index} {report.Classes[index]}"), .. counts.Select(count => Cell($"{count}"))]);
        }

        console.Write(table);
    }

    /// <summary>Weights as people write them: 0.6, 0.4.</summary>
    public static string Shares(IEnumerable<double> weights) =>
        string.Join(", ", weights.Select(weight => weight.ToString("0.###", CultureInfo.InvariantCulture)));

    private static IEnumerable<ModelReport> Rows(EvaluationReport report) =>
        report.Ensemble is { } ensemble ? [.. report.Models, ensemble] : report.Models;

    private static bool HasTop5(EvaluationReport report) => ErrorRates.HasTop5(report.Classes.Count);

    private static string[] Headings(bool hasTop5) => hasTop5 ? ["top-1 error", "top-5 error"] : ["top-1 error"];

    private static Text[] Errors(double top1, double top5, bool hasTop5) =>
        hasTop5 ? [Cell($"{top1:P2}"), Cell($"{top5:P2}")] : [Cell($"{top1:P2}")];

    private static string Crops(int count) => count == 1 ? "1 crop" : $"{count} crops";

    private static Table Create(string[] texts, params string[] numbers)
    {
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumns(texts);
        foreach (var number in numbers)
        {
            table.AddColumn(new TableColumn(number).RightAligned().NoWrap());
        }

        return table;
    }

    private static Text Cell(FormattableString text) => new Text(text.ToString(CultureInfo.InvariantCulture));
}
