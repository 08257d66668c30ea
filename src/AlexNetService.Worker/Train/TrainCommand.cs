using Spectre.Console;

namespace AlexNetService.Worker.Train;

/// <summary><c>alexnet train</c>: data set → a run's folder with checkpoints.</summary>
internal sealed class TrainCommand : Command
{
    /// <summary>Name of the option that a <c>--validation</c> data set excludes.</summary>
    public const string ValidationFraction = "--validation-fraction";

    /// <summary>Name of the option that can add epochs to a run.</summary>
    public const string Epochs = "--epochs";

    private const string ResumeIfThere = "auto";
    private const string DefaultDevices = "cpu";

    private readonly Option<LogFormat> log;
    private readonly CancellationToken stop;
    private readonly Ranks ranks;
    private readonly Option<string?> preset = CommonOptions.Preset();
    private readonly Option<string?> data = CommonOptions.Text("--data", $"Data set: {DataSetOpener.Kinds}.");

    private readonly Option<string?> validation = CommonOptions.Text(
        "--validation", "Another data set, held out whole instead of a share of --data. Its classes must be among those of --data.");

    private readonly Option<string?> labels = CommonOptions.Text(
        "--labels",
        "File of class names: n01440764 tench, Tinca tinca, a class a line; the first name becomes the label. "
            + "Default: synset_words.txt, LOC_synset_mapping.txt, words.txt or *synsets.txt beside the data, if there is one.");

    private readonly Option<string?> output = CommonOptions.Text("--output", "Folder of the run. Default: runs/PRESET-seedN-TIME.");

    private readonly Option<string?> resume = new("--resume")
    {
        Description = "Continue from the newest checkpoint in --output, with the run's own recipe and seed. "
            + "More --epochs than before can be named if the schedule is Constant or Plateau. "
            + "auto: continue a run if there is one, otherwise begin one.",
        Arity = ArgumentArity.ZeroOrOne,
        HelpName = "auto|true|false",
        CustomParser = ParseResume,
    };

    private readonly Option<string?> from = CommonOptions.Text(
        "--from",
        "Begin with a trained network instead of random weights: a package (float32, fp16 or int8), a run's folder, "
            + "a checkpoint, torchvision's .pth, or safetensors. Crop, layers and mean colour are those of the source. If the classes "
            + "differ, the classifier is new. Default: without --preset, the network that comes with the program.");

    private readonly Option<double?> minutes = CommonOptions.Number(
        "--checkpoint-minutes",
        $"Longest time between two checkpoints; 0: only after each epoch. Default: {CheckpointPolicy.Usual.Every.TotalMinutes}.");

    private readonly Option<int> keep = CommonOptions.Of(
        "--keep",
        "Finished epochs to keep on disk besides the best, and checkpoints to keep of the epoch in progress.",
        CheckpointPolicy.Usual.Keep).Range(1, 9999);

    private readonly Option<string?> devices = CommonOptions.Text(
        "--devices",
        "Device of each column: cuda:0,cuda:1 or cpu,cpu; one device takes both. "
            + $"Default: {DefaultDevices}; with --resume, the run's own.");

    private readonly Option<int> threads = CommonOptions.Threads();
    private readonly Option<int> seed = CommonOptions.Seed();
    private readonly RunOption[] runOptions;

    public TrainCommand(Option<LogFormat> log, Ranks ranks, CancellationToken stop)
        : base("train", """
            Train a network. A checkpoint is written after each epoch, every few minutes, and when Ctrl-C or SIGTERM stops the run.
            --resume continues from the newest checkpoint and, on as many threads, arrives at the same weights as a run without the stop.
            At the end the weights of the best epoch are tested with ten crops.

            Example: alexnet train --data my-photographs --output runs/mine
            Example: alexnet train --preset alexnet-cifar --data photographs.zip --epochs 20 --output runs/first
                     alexnet train --resume --output runs/first
            mpirun starts several processes that share every batch, on one machine or many; the first one prints and writes.

            Example: alexnet train --from runs/first --data more.zip --epochs 10 --learning-rate 0.01 --output runs/second
            """)
    {
        (this.log, this.stop, this.ranks) = (log, stop, ranks);
        runOptions =
        [
            RunOption.Of(preset, state => AlexNetLayers.PresetOf(state.Architecture.Preset), ofTheNetwork: true),
            new RunOption(
                from,
                (_, settings) => settings,
                (_, state) => state.BegunWith is null && state.BegunFrom is null ? "random weights" : null),
            RunOption.Of(seed, state => state.Seed),
            .. RunOptions.Create(),
        ];
        this.AddAll(data, validation, labels, output, resume, minutes, keep, devices, threads);
        this.AddAll([.. runOptions.Select(entry => entry.Option)]);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        CommandTree.Join(ranks);
        if (!ranks.IsAlone)
        {
            Console.WriteLine($"{ranks.Count} ranks share each batch");
        }

        if (parsed.GetValue(resume) is not { } kind || kind == bool.FalseString)
        {
            return Begin(parsed);
        }

        var folder = parsed.GetValue(output) ?? throw new InputException("--resume needs --output RUN.");
        var run = RunIn(parsed, folder);
        if (kind == ResumeIfThere && !run.IsThere)
        {
            return Begin(parsed);
        }

        var epochs = runOptions.Select(option => option.Option).OfType<Option<int>>().Single(option => option.Name == Epochs);
        var others = runOptions.Where(option => option.Option != epochs).ToArray();
        return ExitCodeOf(run.Resume(
            state => Array.ForEach(others, option => option.RequireUnchanged(parsed, state)),
            parsed.GetValue(data),
            parsed.GetValue(validation),
            parsed.GetValue(devices),
            parsed.IsGiven(threads) ? CommonOptions.Cores(parsed.GetValue(threads)) : null,
            parsed.IsGiven(epochs) ? parsed.GetValue(epochs) : null));
    }

    private int Begin(ParseResult parsed)
    {
        var source = parsed.GetValue(from) ?? (parsed.IsGiven(preset) ? null : BundledModels.ToBeginWith());
        var trained = source is null ? null : Trained(source);
        if (trained is not null && FirstGiven(parsed, option => option.IsOfTheNetwork) is { } extra)
        {
            throw new InputException(parsed.IsGiven(from)
                ? $"{extra.Name} cannot change the network of --from. Leave it out."
                : $"{extra.Name} needs a --preset: without one, training begins with the bundled network.");
        }

        var presetName = (trained is null ? parsed.GetValue(preset) : AlexNetLayers.PresetOf(trained.Architecture.Preset)) ?? "";
        var trainingPath = parsed.GetValue(data) ?? throw new InputException("Name the --data to learn from.");
        var paths = new DataPaths(trainingPath, parsed.GetValue(validation), parsed.GetValue(labels));
        InputException.ThrowIf(
            paths.Validation is not null && FirstGiven(parsed, option => option.Option.Name == ValidationFraction) is not null,
            $"Name either a --validation data set or a {ValidationFraction}.");
        RunSettings Settings(TrainingRecipe usual) => runOptions.Aggregate(
            new RunSettings(new NetworkSwitches(), usual), (settings, option) => option.Apply(parsed, settings));
        TrainingRecipe RecipeFor(int photographs)
        {
            var recipe = Settings(trained is null
                ? TrainingRecipe.For(presetName)
                : TrainingRecipe.ForFineTuning(presetName, photographs) with { CentredWeights = trained.IsCentred }).Recipe;
            return paths.Validation is null ? recipe : recipe with { ValidationFraction = 0 };
        }

        var switches = Settings(TrainingRecipe.For(presetName)).Switches;
        var seedValue = parsed.GetValue(seed);
        return ExitCodeOf(RunIn(parsed, parsed.GetValue(output) ?? DefaultFolder(presetName, seedValue)).Start(
            new InitialNetwork(
                classes => switches.Apply(trained?.TableOf(classes) ?? CommonOptions.Architecture(presetName, classes)), trained),
            RecipeFor,
            seedValue,
            paths,
            parsed.GetValue(devices) ?? DefaultDevices,
            CommonOptions.Cores(parsed.GetValue(threads))));
    }

    /// <summary>Reads what <c>--from</c> names: a package's folder, a run's folder, a checkpoint, or a file of weights.</summary>
    private static TrainedNetwork Trained(string path)
    {
        if (Directory.Exists(path))
        {
            var folder = PackageRepository.Newest(path);
            return File.Exists(Path.Combine(folder, ModelPackage.CardFile))
                ? TrainedNetwork.Of(ModelPackage.Open(folder))
                : TrainedNetwork.Of(RunCheckpoint.Open(path, CheckpointChoice.Best));
        }

        return !File.Exists(path)
            ? throw new InputException($"There is no '{path}' to begin --from: name a package, a run, a checkpoint or a file of weights.")
            : Checkpoint.Recognises(path) ? TrainedNetwork.Of(RunCheckpoint.Open(path, CheckpointChoice.Best))
            : ImportSource.Read(path, preset: null, labels: null, meanColour: null);
    }

    private Option? FirstGiven(ParseResult parsed, Predicate<RunOption> kind) =>
        runOptions.FirstOrDefault(option => kind(option) && parsed.IsGiven(option.Option))?.Option;

    private TrainingRun RunIn(ParseResult parsed, string folder)
    {
        var every = parsed.GetValue(minutes) ?? CheckpointPolicy.Usual.Every.TotalMinutes;
        var policy = every is >= 0 and <= 10080
            ? new CheckpointPolicy(parsed.GetValue(keep), TimeSpan.FromMinutes(every))
            : throw new InputException("--checkpoint-minutes takes 0 to 10080, a week.");
        return new TrainingRun(folder, policy, Display(parsed.GetValue(log)), stop)
        {
            Ranks = ranks,
            FinalTest = (best, heldOut) => Test(best, heldOut, folder),
        };
    }

    /// <summary>Tests the best epoch with ten crops, and writes the report about it.</summary>
    private ErrorRates? Test(Checkpoint best, Canvases heldOut, string folder)
    {
        var measured = heldOut.Photographs.Count == 0
            ? null
            : MeasuredRun.Of(best, folder, heldOut, best.State.Devices ?? DefaultDevices, stop, ranks);
        if (ranks.IsFirst)
        {
            WholeFile.Write(Path.Combine(folder, ReportPage.UsualFile), ReportPage.Of(best, measured));
        }

        return measured?.Best.Errors();
    }

    private TrainingDisplay Display(LogFormat format) =>
        format == LogFormat.Json && ranks.IsFirst ? new JsonDisplay(JsonLog.OnStandardOutput())
        : !ranks.IsAlone || Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Interactive ? new PlainDisplay()
        : new LiveDisplay(AnsiConsole.Console, TimeProvider.System);

    private static int ExitCodeOf(bool isDone) => isDone ? ExitCode.Done : ExitCode.Stopped;

    /// <summary>Parses --resume: True, False or auto; without a value, True.</summary>
    private static string? ParseResume(ArgumentResult argument)
    {
        var text = argument.Tokens is [var token, ..] ? token.Value : bool.TrueString;
        if (bool.TryParse(text, out var plain))
        {
            return plain.ToString();
        }

        if (!text.Equals(ResumeIfThere, StringComparison.OrdinalIgnoreCase))
        {
            argument.AddError($"--resume takes auto, true or false, not '{text}'.");
        }

        return ResumeIfThere;
    }

    private static string DefaultFolder(string preset, int seed) =>
        Path.Combine("runs", $"{preset}-seed{seed}-{TimeProvider.System.GetUtcNow():yyyyMMdd-HHmmss}");
}
