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
internal sealed class EvaluateCommand
{
    private const string Keep = "keep";

    private readonly Option<string[]> packages = new("--package")
    {
        Description = $"{CommonOptions.PackageFolder} Measured as they are served; several models also as an ensemble.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string[]> runs = new("--run")
    {
        Description = "Folders of runs, or checkpoint files, measured in torch.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<CheckpointChoice> checkpoint = CommonOptions.Checkpoint();

    private readonly Option<string?> data = new("--data")
    {
        Description = "Labelled data set; its class folders must be labels of the models.",
    };

    private readonly Option<double?> fraction = CommonOptions.Number(
        "--validation-fraction",
        "Measure only the photographs that 'alexnet train --validation-fraction' of the same value holds out. Default: all.");

    private readonly Option<string?> others = new("--others")
    {
        Description = "Photographs of other things, with or without class folders: also print the confidence on them, ideally low.",
    };

    private readonly Option<int?> crops = new("--crops")
    {
        Description = "Views averaged for each photograph: 1 (centre) or 10. Default: both, in one pass.",
    };

    private readonly Option<string> temperature = new("--temperature")
    {
        Description = "fit: fit a temperature to each model on half of the photographs and measure it on the others; keep: do not.",
        DefaultValueFactory = _ => "fit",
    };

    private readonly Option<string?> weights = new("--weights")
    {
        Description = "Weights in the ensemble, packages first: 0.6,0.4; or search: those of least negative log-likelihood on the "
            + "photographs that temperatures are fitted on. Default: the weights in the cards, 1 for a run.",
    };

    private readonly Option<bool> perClass = new("--per-class") { Description = "Also print the errors of each class, worst first." };

    private readonly Option<bool> confusion = new("--confusion")
    {
        Description = $"Also print the confusion matrix, for up to {EvaluationTables.MostConfusionClasses} classes.",
    };

    private readonly Option<string?> json = new("--json")
    {
        Description = "Also write everything to this file, for 'alexnet export --evaluation' and other tools.",
    };

    private readonly Option<string?> ensemble = new("--ensemble")
    {
        Description = "Name the ensemble of the --package folders: writes NAME.ensemble.json beside them, with errors and confidence.",
    };

    private readonly Option<string> devices = new("--devices")
    {
        Description = "cpu or cuda:N; for runs one device a column: cuda:0,cuda:1. Packages take the first.",
        DefaultValueFactory = _ => "cpu",
    };

    private readonly Option<int> threads = CommonOptions.Threads();
    private readonly CancellationToken stop;

    private EvaluateCommand(CancellationToken stop)
    {
        this.stop = stop;
        crops.AcceptOnlyFromAmong([.. CropViews.Counts.Select(count => count.ToString(CultureInfo.InvariantCulture))]);
        temperature.AcceptOnlyFromAmong("fit", Keep);
    }

    public static Command Create(CancellationToken stop)
    {
        var options = new EvaluateCommand(stop);
        var command = new Command("evaluate", """
            Measure models and their ensemble on labelled photographs: errors with 1 and 10 crops, calibration, a temperature for each.
            --per-class and --confusion print those of the ensemble, or of the only model; --json has them for all.

            Example: alexnet evaluate --package models/first/1 models/second/1 --data photographs.zip --validation-fraction 0.1
            Example: alexnet evaluate --run runs/first runs/second --data photographs.zip --weights search --json e.json
            """)
        {
            options.packages, options.runs, options.checkpoint, options.data, options.fraction, options.others, options.crops,
            options.temperature, options.weights, options.perClass, options.confusion, options.json, options.ensemble, options.devices,
            options.threads,
        };
        command.SetAction(options.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        string[] folders = [.. (parsed.GetValue(packages) ?? []).Select(PackageRepository.Newest)];
        var checkpoints = parsed.GetValue(runs) ?? [];
        if (folders.Length + checkpoints.Length == 0)
        {
            throw new InputException("Name --package folders, --run folders, or both.");
        }

        if (parsed.IsGiven(ensemble) && (folders.Length < 2 || checkpoints.Length > 0 || parsed.GetValue(temperature) != Keep))
        {
            throw new InputException("--ensemble needs two or more --package folders, no --run, and --temperature keep.");
        }

        var together = parsed.GetValue(ensemble) is { } name ? NamedEnsemble.Of(name, folders) : null;

        using var source = DataSetOpener.Open(parsed.GetValue(data) ?? throw new InputException("Name the --data to measure on."));
        TrainingDisplay.Warn(source.Findings);
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
        var report = Measured(evaluation, folders, chosen, parsed.GetValue(devices) ?? "cpu", parsed.GetValue(threads));
        if (parsed.GetValue(json) is { } file)
        {
            report.Write(file);
        }

        Print(report, parsed.GetValue(perClass), parsed.GetValue(confusion));
        if (together is not null)
        {
            Console.WriteLine($"ensemble: {together.Write(folders, report)}");
        }

        return ExitCode.Done;
    }

    private EvaluationReport Measured(
        Evaluation evaluation, string[] folders, (string Folder, Checkpoint Checkpoint)[] checkpoints, string device, int threadCount)
    {
        if (checkpoints.Length > 0)
        {
            TorchRuntime.Prepare(threadCount);
        }

        var models = new List<EvaluatedModel>();
        try
        {
            var options = new RuntimeOptions { Device = device.Split(',')[0], Threads = threadCount };
            models.AddRange(folders.Select(folder => EvaluatedPackage.Open(ModelPackage.Open(PackageRepository.Newest(folder)), options)));
            models.AddRange(checkpoints.Select(run => EvaluatedRun.Of(run.Checkpoint, run.Folder, device)));
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
        if (evaluation.Source.Sha256 != model.DataSetSha256)
        {
            return;
        }

        var (learned, heldOut) = evaluation.Source.Split(model.Share ?? new DataShare(0));
        var seen = evaluation.Photographs.Intersect(learned).Count();
        if (seen > 0)
        {
            var remedy = model.Share is { } share && heldOut.Count > 0 && share.HeldOut != evaluation.ValidationFraction
                ? string.Create(CultureInfo.InvariantCulture, $"--validation-fraction {share.HeldOut} measures only the others.")
                : "its errors on others will be larger.";
            TrainingDisplay.Warn($"{model.Name} learned from {seen} of these photographs; {remedy}");
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
            EvaluationTables.PrintClasses(report, last, console);
        }

        if (confusion && report.Classes.Count > EvaluationTables.MostConfusionClasses)
        {
            TrainingDisplay.Warn($"a confusion matrix of {report.Classes.Count} classes is too large to print; use --json.");
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
            throw new InputException(
                $"A validation fraction of {share.ToString(CultureInfo.InvariantCulture)} is impossible; use a share between 0 and 1.");
        }

        var heldOut = source.Split(share).HeldOut;
        return heldOut.Count > 0
            ? heldOut
            : throw new InputException(
                $"That fraction of '{source.Name}' holds out no photograph. "
                + "Use a larger --validation-fraction, or leave it out to measure all.");
    }
}
