namespace AlexNetService.Worker.Evaluate;

/// <summary><c>alexnet evaluate</c>: errors and calibration of packages, runs and their ensemble on a labelled data set.</summary>
internal sealed class EvaluateCommand : Command
{
    private const string Keep = "keep";

    private readonly Option<string[]> packages = CommonOptions.Several(
        "--package", $"{CommonOptions.PackageFolder} Measured as they are served; several models also as an ensemble.");

    private readonly Option<string[]> runs = CommonOptions.Several("--run", "Folders of runs, or checkpoint files, measured in torch.");
    private readonly Option<CheckpointChoice> checkpoint = CommonOptions.Checkpoint();

    private readonly Option<string?> data = CommonOptions.Text(
        "--data", "Labelled data set; its class folders must be labels of the models.");

    private readonly Option<double?> fraction = CommonOptions.Number(
        "--validation-fraction",
        "Measure only the photographs that 'alexnet train --validation-fraction' of the same value holds out. Default: all.");

    private readonly Option<string?> others = CommonOptions.Text(
        "--others", "Photographs of other things, with or without class folders: also print the confidence on them, ideally low.");

    private readonly Option<int?> crops = CommonOptions.Of<int?>(
        "--crops", "Views averaged for each photograph: 1 (centre) or 10. Default: both, in one pass.").Among("1", "10");

    private readonly Option<string> temperature = CommonOptions.Of(
        "--temperature",
        "fit: fit a temperature to each model on half of the photographs and measure it on the others; keep: do not.",
        "fit").Among("fit", Keep);

    private readonly Option<string?> weights = CommonOptions.Text(
        "--weights",
        "Weights in the ensemble, packages first: 0.6,0.4; or search: those of least negative log-likelihood on the "
            + "photographs that temperatures are fitted on. Default: the weights in the cards, 1 for a run.");

    private readonly Option<bool> perClass = CommonOptions.Of<bool>("--per-class", "Also print the errors of each class, worst first.");

    private readonly Option<bool> confusion = CommonOptions.Of<bool>(
        "--confusion", $"Also print the confusion matrix, for up to {EvaluationTables.MostConfusionClasses} classes.");

    private readonly Option<string?> json = CommonOptions.Text(
        "--json", "Also write everything to this file, for 'alexnet export --evaluation' and other tools.");

    private readonly Option<string?> ensemble = CommonOptions.Text(
        "--ensemble", "Name the ensemble of the --package folders: writes NAME.ensemble.json beside them, with errors and confidence.");

    private readonly Option<string> devices = CommonOptions.Devices(
        "cpu or cuda:N; for runs one device a column: cuda:0,cuda:1. Packages take the first.");

    private readonly Option<int> threads = CommonOptions.Threads();
    private readonly CancellationToken stop;
    private readonly Ranks ranks;

    public EvaluateCommand(Ranks ranks, CancellationToken stop)
        : base("evaluate", """
            Measure models and their ensemble on labelled photographs: errors with 1 and 10 crops, calibration, a temperature for each.
            --per-class and --confusion print those of the ensemble, or of the only model; --json has them for all.

            Example: alexnet evaluate --package models/first/1 models/second/1 --data photographs.zip --validation-fraction 0.1
            Example: alexnet evaluate --run runs/first runs/second --data photographs.zip --weights search --json e.json
            """)
    {
        (this.stop, this.ranks) = (stop, ranks);
        this.AddAll(
            packages, runs, checkpoint, data, fraction, others, crops, temperature, weights, perClass, confusion, json, ensemble, devices,
            threads);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        CommandTree.Join(ranks);
        string[] folders = [.. (parsed.GetValue(packages) ?? []).Select(PackageRepository.Newest)];
        var checkpoints = parsed.GetValue(runs) ?? [];
        InputException.ThrowIf(folders.Length + checkpoints.Length == 0, "Name --package folders, --run folders, or both.");
        if (parsed.IsGiven(ensemble) && (folders.Length < 2 || checkpoints.Length > 0 || parsed.GetValue(temperature) != Keep))
        {
            throw new InputException("--ensemble needs two or more --package folders, no --run, and --temperature keep.");
        }

        var name = parsed.GetValue(ensemble);
        var repository = name is null ? null : RepositoryOf(name, folders);
        using var source = DataSetOpener.Open(parsed.GetValue(data) ?? throw new InputException("Name the --data to measure on."));
        TrainingDisplay.Warn(source.Findings);
        using var strangers = parsed.GetValue(others) is { } path ? DataSetOpener.Open(path, labelled: false) : null;
        var evaluation = new Evaluation
        {
            Source = source,
            Others = strangers,
            Photographs = HeldOutPhotographs.Of(source, parsed.GetValue(fraction)).Measured,
            ValidationFraction = parsed.GetValue(fraction),
            Crops = parsed.GetValue(crops) is { } one ? [one] : CropViews.Counts,
            FitTemperatures = parsed.GetValue(temperature) != Keep,
            Ranks = ranks,
            Weights = WeightChoice.Parse(parsed.GetValue(weights), folders.Length + checkpoints.Length),
        };
        var chosen = checkpoints.Select(folder => (folder, RunCheckpoint.Open(folder, parsed.GetValue(checkpoint)))).ToArray();
        var runtimeThreads = CommonOptions.RuntimeThreads(parsed.GetValue(threads), ranks);
        var report = Measured(evaluation, folders, chosen, parsed.GetRequiredValue(devices), runtimeThreads);
        if (!ranks.IsFirst)
        {
            return ExitCode.Done;
        }

        if (parsed.GetValue(json) is { } file)
        {
            report.Write(file);
        }

        EvaluationTables.Print(report, parsed.GetValue(perClass), parsed.GetValue(confusion));
        if (name is not null && repository is not null)
        {
            Console.WriteLine($"ensemble: {EnsembleOf(name, folders, report).Write(repository)}");
        }

        return ExitCode.Done;
    }

    /// <summary>The repository that the members lie in; checks that they can be named, before anything is measured.</summary>
    private static string RepositoryOf(string name, string[] folders)
    {
        string[] roots = [.. folders.Select(CommonOptions.RepositoryOf).Distinct()];
        return PackageName.Broken(name) is { } reason ? throw new InputException($"--ensemble: {reason}")
            : roots is [var root] ? root
            : throw new InputException($"--ensemble needs packages of one repository, not of {string.Join(" and ", roots)}.");
    }

    /// <summary>The ensemble's card; the folders are in the order of the report.</summary>
    private static EnsembleCard EnsembleOf(string name, string[] folders, EvaluationReport report)
    {
        var measured = report.Ensemble ?? throw new InvalidOperationException("One model is no ensemble.");
        var members = folders.Select(folder => ModelPackage.Open(folder).Card).Select((card, i) => new EnsembleCardMember(
            card.Name, card.Version, card.Graph.Sha256, report.Weights?.Values[i] ?? card.EnsembleWeight ?? 1));
        return new EnsembleCard
        {
            Name = name,

            // A member of weight 0 has no part in the mean.
            Members = [.. members.Where(member => member.Weight > 0)],
            Metrics = [.. measured.Errors.Select(error => error.ToMetric(report.DataSet, report.Split))],
            Confidence = report.ConfidenceOf(measured.Calibration),
        };
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
            models.AddRange(folders.Select(folder => EvaluatedPackage.Open(ModelPackage.Open(folder), options)));
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
                ? $"--validation-fraction {share.HeldOut} measures only the others."
                : "its errors on others will be larger.";
            TrainingDisplay.Warn($"{model.Name} learned from {seen} of these photographs; {remedy}");
        }
    }
}
