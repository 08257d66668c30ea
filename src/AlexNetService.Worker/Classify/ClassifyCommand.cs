using AlexNetService.Inference.Decoding;

namespace AlexNetService.Worker.Classify;

/// <summary><c>alexnet classify</c>: photographs → their most probable classes, as the web service answers.</summary>
internal sealed class ClassifyCommand : Command
{
    private readonly Argument<string[]> paths = new("photograph")
    {
        Description = $"Photographs, folders of photographs with everything below, or data sets: {DataSetOpener.Kinds}.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string[]> packages = CommonOptions.Several(
        "--package",
        $"{CommonOptions.PackageFolder} The mean of several answers, with the weights in their cards. "
            + "Default: the models that come with the program.");

    private readonly Option<int> top = CommonOptions.Of("--top", "Classes of an answer, 1 to 100.", 5).Range(1, 100);

    private readonly Option<int> crops = CommonOptions.Of(
        "--crops", "Views averaged for each photograph: 1 (centre) or 10.", CropViews.Counts[^1]).Among("1", "10");

    private readonly Option<string?> output = CommonOptions.Text(
        "--output", "File for the answers. If it holds answers already, those photographs are not classified again.");

    private readonly Option<AnswerFormat?> format = CommonOptions.Of<AnswerFormat?>(
        "--format",
        "table, jsonl (a JSON object a line) or csv (a row a photograph). Default: table; with --output, csv for a file "
            + "*.csv and jsonl for others.");

    private readonly Option<string> devices = CommonOptions.Devices("cpu or cuda:N.");
    private readonly Option<int> threads = CommonOptions.Threads();
    private readonly CancellationToken stop;
    private readonly Ranks ranks;

    public ClassifyCommand(Ranks ranks, CancellationToken stop)
        : base("classify", """
            Print the most probable classes of photographs, as the web service would answer. A photograph that cannot be read is named with
            the reason and does not stop the others. After a stop or a crash the same command with --output continues.

            Example: alexnet classify photo.jpg holiday/
            Example: alexnet classify photographs.zip --package models/first models/second --output answers.jsonl
            Example: alexnet classify photographs/ --top 1 --crops 1 --output answers.csv
            """)
    {
        (this.stop, this.ranks) = (stop, ranks);
        Add(paths);
        this.AddAll(packages, top, crops, output, format, devices, threads);
        SetAction((parsed, _) => RunAsync(parsed));
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        CommandTree.Join(ranks);
        var named = parsed.GetValue(paths) is { Length: > 0 } given
            ? given
            : throw new InputException("Name the photographs, before other options: alexnet classify photo.jpg --package models/first.");
        var chosen = parsed.GetValue(format) ?? UsualFormat(parsed.GetValue(output));
        if (chosen == AnswerFormat.Table && parsed.GetValue(output) is { } file)
        {
            throw new InputException($"'{file}' takes --format jsonl or csv; a table cannot be continued.");
        }

        using var photographs = NamedPhotographs.Open(named);
        var runtime = new RuntimeOptions
        {
            Device = parsed.GetRequiredValue(devices),
            Threads = CommonOptions.RuntimeThreads(parsed.GetValue(threads), ranks),
        };
        if (parsed.GetValue(packages) is { Length: > 0 } folders)
        {
            return await WithPackagesAsync(folders, runtime, ensemble => ClassifyAsync(parsed, photographs, ensemble, chosen, runtime));
        }

        using var catalog = await BundledModels.OpenAsync(runtime, stop);
        using var lease = catalog.Enter();
        return await ClassifyAsync(parsed, photographs, lease.Snapshot.Default, chosen, runtime);
    }

    /// <summary>Opens packages as an ensemble, of variants of one network only one.</summary>
    private static async Task<int> WithPackagesAsync(string[] folders, RuntimeOptions runtime, Func<Ensemble, Task<int>> classify)
    {
        ModelPackage[] opened =
        [
            .. folders.Select(folder => ModelPackage.Open(PackageRepository.Newest(folder))).DistinctBy(each => each.Card.Graph.Sha256),
        ];
        var leftOut = ModelVariants.LeftOut(opened.Select(package => package.Card));
        foreach (var (variant, model) in leftOut)
        {
            TrainingDisplay.Warn($"{variant} is left out: it is the same network as {model}. Name one of them to choose.");
        }

        var sessions = new List<ModelSession>();
        try
        {
            foreach (var package in opened.Where(package => !leftOut.ContainsKey(package.Card.Name)))
            {
                sessions.Add(ModelSession.Open(package, runtime));
                sessions[^1].RequireGolden();
            }

            var members = sessions.Select(session => new EnsembleMember(session)).ToArray();
            EnsembleCard[] named =
                [.. opened.Select(package => CommonOptions.RepositoryOf(package.Folder)).Distinct().SelectMany(EnsembleCard.ReadAll)];
            return await classify(
                Ensemble.TryCreate(members, out var ensemble, out var reason, named) ? ensemble : throw new InputException(reason));
        }
        finally
        {
            sessions.ForEach(session => session.Dispose());
        }
    }

    private async Task<int> ClassifyAsync(
        ParseResult parsed, NamedPhotographs photographs, Ensemble ensemble, AnswerFormat chosen, RuntimeOptions runtime)
    {
        var (views, file) = ((TestViews)parsed.GetValue(crops), parsed.GetValue(output));
        var classes = Math.Min(parsed.GetValue(top), ensemble.Labels.Count);
        // Enough for a full run while the next ones are read and decoded.
        var cores = CommonOptions.Cores(runtime.Threads);
        var together = (2 * runtime.MaxCropsPerRun / (int)views) + (2 * cores);
        var queue = new QueueOptions
        {
            LimitCrops = together * ensemble.Members.Count * (int)views,
            DeadlineMs = 0,
            MaxWait = TimeSpan.MaxValue,
        };
        var decoding = new DecodingOptions { Threads = cores, QueueLimit = together };
        await using var engine = new InferenceEngine(queue, decoding, TimeProvider.System);
        engine.SetConcurrency(Math.Max(1, runtime.ConcurrentRuns));
        var classification = new Classification(engine, ensemble, views, classes, ranks);
        ranks.RequireSame(
            ("list of models", string.Join(' ', ensemble.Members.Select(member => member.Session.Card.Graph.Sha256))),
            ("choice of crops and classes", $"{views} {classes}"));
        using var answers = !ranks.IsFirst ? AnswerOutput.Nowhere(chosen, classes)
            : file is null ? AnswerOutput.Standard(chosen, classes)
            : AnswerOutput.File(file, chosen, classes, classification.Models, (int)views);
        answers.ShareHeld(ranks);
        var wanted = photographs.All().Where(photograph => !answers.Holds(photograph.Name));
        if (ranks.IsFirst && (file is not null || Console.IsOutputRedirected))
        {
            wanted = MeasuringProgress.Over(wanted, wanted.Count(), "classify", alsoInLogs: true);
        }

        var (begun, count) = (TimeProvider.System.GetTimestamp(), 0);
        await foreach (var answer in classification.AnswersAsync(wanted, together, stop))
        {
            count++;
            if (ranks.IsFirst)
            {
                answers.Write(answer);
            }
            else
            {
                classification.Send(answer);
            }
        }

        if (!ranks.IsFirst)
        {
            if (stop.IsCancellationRequested)
            {
                classification.Send(null);
            }

            return ExitCode.Done;
        }

        var isStopped = stop.IsCancellationRequested || classification.AnotherStopped;
        Summarise(file, classification.Models, count, answers, TimeProvider.System.GetElapsedTime(begun), isStopped);
        if (isStopped)
        {
            var code = file is null ? ExitCode.Interrupted : ExitCode.Stopped;
            ranks.Abort(code);
            return code;
        }

        return answers.Failed > 0 ? ExitCode.SomeFailed : ExitCode.Done;
    }

    private static void Summarise(
        string? file, IReadOnlyList<string> models, int count, AnswerOutput answers, TimeSpan elapsed, bool isStopped)
    {
        var text =
            $"{count} photographs in {elapsed.TotalSeconds:F1} s, {count / elapsed.TotalSeconds:F1} a second; {string.Join(", ", models)}"
            + (answers.Earlier > 0 ? $"; {answers.Earlier} were answered before" : "")
            + (answers.Failed > 0 ? $"; {answers.Failed} could not be classified, see their answers" : "")
            + (!isStopped ? "." : file is null ? "; stopped." : "; stopped. The same command continues.");
        (file is null ? Console.Error : Console.Out).WriteLine(text);
    }

    private static AnswerFormat UsualFormat(string? file) => file is null ? AnswerFormat.Table
        : file.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) ? AnswerFormat.Csv
        : AnswerFormat.Jsonl;
}
