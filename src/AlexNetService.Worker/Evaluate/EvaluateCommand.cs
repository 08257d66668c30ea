using System.CommandLine;
using System.Globalization;
using AlexNetService.Imaging;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Measuring;
using AlexNetService.Training.Network;
using AlexNetService.Training.Runs;
using Spectre.Console;

namespace AlexNetService.Worker.Evaluate;

/// <summary><c>alexnet evaluate</c>: errors and calibration of packages, runs and their ensemble on a labelled data set.</summary>
internal static class EvaluateCommand
{
    private const string Keep = "keep";

    public static Command Create(CancellationToken stop)
    {
        var packages = new Option<string[]>("--package")
        {
            Description = "Package folders, …/NAME/VERSION. Several models are also measured as an ensemble.",
            AllowMultipleArgumentsPerToken = true,
        };
        var runs = new Option<string[]>("--run")
        {
            Description = "Folders of runs, or checkpoint files, measured in torch.",
            AllowMultipleArgumentsPerToken = true,
        };
        var checkpoint = CommonOptions.Checkpoint();
        var data = new Option<string?>("--data") { Description = "Labelled data set; its class folders must be labels of the models." };
        var fraction = CommonOptions.Number(
            "--validation-fraction", "Measure only what 'alexnet train --validation-fraction' of the same value holds out. Default: everything.");
        var others = new Option<string?>("--others")
        {
            Description = "Photographs of other things, with or without class folders: also print how sure the models are of those, where they should not be.",
        };
        var crops = new Option<int?>("--crops") { Description = "Views averaged for each photograph: 1 (centre) or 10. Default: both, in one pass." };
        crops.AcceptOnlyFromAmong([.. CropViews.Counts.Select(count => count.ToString(CultureInfo.InvariantCulture))]);
        var temperature = new Option<string>("--temperature")
        {
            Description = "fit: find each model's temperature on half of the photographs and measure it on the others; keep: leave the models as they are.",
            DefaultValueFactory = _ => "fit",
        };
        temperature.AcceptOnlyFromAmong("fit", Keep);
        var weights = new Option<string?>("--weights")
        {
            Description = "Shares in the ensemble, packages first: 0.6,0.4; or search: those of least negative log-likelihood on the half "
                + "that temperatures are fitted on. Default: what the cards say, 1 for a run.",
        };
        var perClass = new Option<bool>("--per-class") { Description = "Also print the errors of each class, worst first." };
        var confusion = new Option<bool>("--confusion")
        {
            Description = $"Also print the confusion matrix, for up to {EvaluationTables.MostConfusionClasses} classes.",
        };
        var json = new Option<string?>("--json") { Description = "Also write everything to this file, for 'alexnet export --evaluation' and other tools." };
        var devices = new Option<string>("--devices")
        {
            Description = "cpu or cuda:N; for runs one device a column: cuda:0,cuda:1. Packages take the first.",
            DefaultValueFactory = _ => "cpu",
        };
        var threads = CommonOptions.Threads();
        var command = new Command("evaluate", """
            Measure models and their ensemble on labelled photographs: errors with 1 and 10 crops, calibration, a temperature for each.
            --per-class and --confusion print those of the ensemble, or of the one model; --json has them for all.

            Example: alexnet evaluate --package models/first/1 models/second/1 --data photographs.zip --validation-fraction 0.1
            Example: alexnet evaluate --run runs/first runs/second --data photographs.zip --validation-fraction 0.1 --weights search --json e.json
            """)
        {
            packages, runs, checkpoint, data, fraction, others, crops, temperature, weights, perClass, confusion, json, devices, threads,
        };
        command.SetAction(parsed =>
        {
            var (folders, checkpoints) = (parsed.GetValue(packages) ?? [], parsed.GetValue(runs) ?? []);
            if (folders.Length + checkpoints.Length == 0)
            {
                throw new InputException("Name --package folders, --run folders, or both.");
            }

            using var source = DataSetOpener.Open(parsed.GetValue(data) ?? throw new InputException("Name the --data to measure on."));
            using var strangers = parsed.GetValue(others) is { } path ? DataSetOpener.Open(path, labelled: false) : null;
            var evaluation = new Evaluation
            {
                Source = source,
                Others = strangers,
                Photographs = Chosen(source, parsed.GetValue(fraction)),
                ValidationFraction = parsed.GetValue(fraction),
                Crops = parsed.GetValue(crops) is { } one ? [one] : CropViews.Counts,
                FitTemperatures = parsed.GetValue(temperature) != Keep,
                Weights = WeightChoice.Parse(parsed.GetValue(weights), folders.Length + checkpoints.Length),
            };
            var chosen = checkpoints.Select(folder => (folder, RunCheckpoint.Open(folder, parsed.GetValue(checkpoint)))).ToArray();
            var report = Measured(evaluation, folders, chosen, parsed.GetValue(devices) ?? "cpu", parsed.GetValue(threads), stop);
            if (parsed.GetValue(json) is { } file)
            {
                report.Write(file);
            }

            Print(report, parsed.GetValue(perClass), parsed.GetValue(confusion));
            return ExitCode.Done;
        });
        return command;
    }

    private static EvaluationReport Measured(
        Evaluation evaluation, string[] packages, (string Folder, Checkpoint Checkpoint)[] runs, string devices, int threads, CancellationToken stop)
    {
        if (runs.Length > 0)
        {
            TorchRuntime.Prepare(threads);
        }

        var models = new List<EvaluatedModel>();
        try
        {
            var options = new RuntimeOptions { Device = devices.Split(',')[0], Threads = threads };
            models.AddRange(packages.Select(folder => EvaluatedPackage.Open(ModelPackage.Open(folder), options)));
            models.AddRange(runs.Select(run => EvaluatedRun.Of(run.Checkpoint, run.Folder, devices)));
            models.ForEach(model => WarnOfSeenPhotographs(model, evaluation));
            return evaluation.Of(models, stop);
        }
        finally
        {
            models.ForEach(model => model.Dispose());
        }
    }

    private static void WarnOfSeenPhotographs(EvaluatedModel model, Evaluation evaluation)
    {
        if (evaluation.Source.Sha256 == model.DataSetSha256 && evaluation.ValidationFraction != model.ValidationFraction)
        {
            TrainingDisplay.Warn(model.ValidationFraction is > 0 and var share
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"{model.Name} learned from some of these photographs; --validation-fraction {share} measures only those it did not see.")
                : $"{model.Name} learned from these photographs; its errors on others will be larger.");
        }
    }

    private static void Print(EvaluationReport report, bool perClass, bool confusion)
    {
        var console = AnsiConsole.Console;
        EvaluationTables.PrintErrors(report, console);
        EvaluationTables.PrintCalibration(report, console);
        if (report.Weights is { } weights)
        {
            EvaluationTables.PrintWeights(report, weights, console);
        }

        if (report.Others is { } others)
        {
            EvaluationTables.PrintOthers(others, console);
        }

        var last = report.Ensemble ?? report.Models[^1];
        if (perClass)
        {
            EvaluationTables.PrintClasses(last, console);
        }

        if (confusion && report.Classes.Count > EvaluationTables.MostConfusionClasses)
        {
            TrainingDisplay.Warn($"a confusion matrix of {report.Classes.Count} classes is no table to read; --json writes it to a file.");
        }
        else if (confusion)
        {
            EvaluationTables.PrintConfusion(report, last, console);
        }
    }

    private static IReadOnlyList<Photograph> Chosen(LabelledPhotographs source, double? fraction)
    {
        if (fraction is not { } share)
        {
            return source.Photographs;
        }

        if (share is not (> 0 and < 1))
        {
            throw new InputException($"A validation fraction of {share.ToString(CultureInfo.InvariantCulture)} is impossible; use a share between 0 and 1.");
        }

        var heldOut = source.Split(share).HeldOut;
        return heldOut.Count > 0
            ? heldOut
            : throw new InputException($"That fraction of '{source.Name}' holds out no photograph. Use a larger --validation-fraction, or none to measure all.");
    }
}
