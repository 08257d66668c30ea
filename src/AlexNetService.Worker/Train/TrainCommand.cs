using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using AlexNetService.Laboratory.Report;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Files;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Runs;
using AlexNetService.Worker.Log;
using Spectre.Console;

namespace AlexNetService.Worker.Train;

/// <summary><c>alexnet train</c>: data set → a run's folder with checkpoints.</summary>
internal sealed class TrainCommand
{
    /// <summary>Name of the option that a <c>--validation</c> data set excludes.</summary>
    public const string ValidationFraction = "--validation-fraction";

    /// <summary>Name of the option that can add epochs to a run.</summary>
    public const string Epochs = "--epochs";

    private const string ResumeIfThere = "auto";
    private const string UsualDevices = "cpu";

    private readonly Option<LogFormat> log;
    private readonly CancellationToken stop;
    private readonly Option<string?> preset = CommonOptions.Preset();
    private readonly Option<string?> data = new("--data") { Description = $"Data set: {DataSetOpener.Kinds}." };

    private readonly Option<string?> validation = new("--validation")
    {
        Description = "Another data set, held out whole instead of a share of --data. Its classes must be among those of --data.",
    };

    private readonly Option<string?> labels = new("--labels")
    {
        Description = "File of class names: n01440764 tench, Tinca tinca, a class a line; the first name becomes the label. "
            + "Default: synset_words.txt, LOC_synset_mapping.txt, words.txt or *synsets.txt beside the data, if there is one.",
    };

    private readonly Option<string?> output = new("--output") { Description = "Folder of the run. Default: runs/PRESET-seedN-TIME." };

    private readonly Option<string?> resume = new("--resume")
    {
        Description = "Continue from the newest checkpoint in --output, with the run's own recipe and seed. "
            + "More --epochs than before can be named if the schedule is Constant or Plateau. "
            + "auto: continue a run if there is one, otherwise begin one.",
        Arity = ArgumentArity.ZeroOrOne,
        HelpName = "auto|true|false",
        CustomParser = ParseResume,
    };

    private readonly Option<string?> from = new("--from")
    {
        Description = "Begin with a trained network instead of random weights: a package (float32, fp16 or int8), a run's folder, "
            + "a checkpoint, torchvision's .pth, or safetensors. Crop, layers and mean colour are those of the source. If the classes "
            + "differ, the classifier is new. Default: without --preset, the network that comes with the program.",
    };

    private readonly Option<double?> minutes = CommonOptions.Number(
        "--checkpoint-minutes",
        string.Create(
            CultureInfo.InvariantCulture,
            $"Longest time between two checkpoints; 0: only after each epoch. Default: {CheckpointPolicy.Usual.Every.TotalMinutes}."));

    private readonly Option<int> keep = new("--keep")
    {
        Description = "Finished epochs to keep on disk besides the best, and checkpoints to keep of the epoch in progress.",
        DefaultValueFactory = _ => CheckpointPolicy.Usual.Keep,
    };

    private readonly Option<string?> devices = new("--devices")
    {
        Description = "Device of each column: cuda:0,cuda:1 or cpu,cpu; one device takes both. "
            + $"Default: {UsualDevices}; with --resume, the run's own.",
    };

    private readonly Option<int> threads = CommonOptions.Threads();
    private readonly RunOption[] ofTheRun;

    private TrainCommand(Option<LogFormat> log, CancellationToken stop)
    {
        (this.log, this.stop) = (log, stop);
        ofTheRun =
        [
            RunOption.Of(preset, state => AlexNetLayers.PresetOf(state.Architecture.Preset), ofTheNetwork: true),
            RunOption.From(from),
            .. RunOptions.Create(),
        ];
    }

    public static Command Create(Option<LogFormat> log, CancellationToken stop)
    {
        var options = new TrainCommand(log, stop);
        var command = new Command("train", """
            Train a network. A checkpoint is written after each epoch, every few minutes, and when Ctrl-C or SIGTERM stops the run.
            --resume continues from the newest checkpoint and, on as many threads, arrives at the same weights as a run without the stop.
            At the end the weights of the best epoch are tested with ten crops.

            Example: alexnet train --data my-photographs --output runs/mine
            Example: alexnet train --preset alexnet-cifar --data photographs.zip --epochs 20 --output runs/first
                     alexnet train --resume --output runs/first
            Example: alexnet train --from runs/first --data more.zip --epochs 10 --learning-rate 0.01 --output runs/second
            """)
        {
            options.data, options.validation, options.labels, options.output, options.resume, options.minutes, options.keep,
            options.devices, options.threads,
        };
        foreach (var entry in options.ofTheRun)
        {
            command.Add(entry.Option);
        }

        command.SetAction(options.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        if (parsed.GetValue(resume) is { } kind && kind != bool.FalseString)
        {
            var run = RunIn(parsed, Needed(parsed.GetValue(output), "--resume needs --output RUN."));
            if (run.IsThere || kind != ResumeIfThere)
            {
                var epochs = ofTheRun.Select(option => option.Option).OfType<Option<int>>().Single(option => option.Name == Epochs);
                var others = ofTheRun.Where(option => option.Option != epochs);
                return Code(run.Resume(
                    state => RequireUnchanged(others, parsed, state),
                    parsed.GetValue(data),
                    parsed.GetValue(validation),
                    parsed.GetValue(devices),
                    parsed.IsGiven(threads) ? Threads(parsed) : null,
                    parsed.IsGiven(epochs) ? parsed.GetValue(epochs) : null));
            }
        }

        return Begin(parsed);
    }

    private int Begin(ParseResult parsed)
    {
        var source = parsed.GetValue(from) ?? (parsed.IsGiven(preset) ? null : BundledModels.ToBeginWith());
        var trained = source is null ? null : TrainedSource.Read(source);
        if (trained is not null && ofTheRun.FirstOrDefault(option => option.IsOfTheNetwork && parsed.IsGiven(option.Option)) is { } extra)
        {
            throw new InputException(parsed.IsGiven(from)
                ? $"{extra.Option.Name} cannot change the network of --from. Leave it out."
                : $"{extra.Option.Name} needs a --preset: without one, training begins with the bundled network.");
        }

        var table = (trained is null ? parsed.GetValue(preset) : AlexNetLayers.PresetOf(trained.Architecture.Preset)) ?? "";
        var paths = new DataPaths(
            Needed(parsed.GetValue(data), "Name the --data to learn from."), parsed.GetValue(validation), parsed.GetValue(labels));
        if (paths.Validation is not null
            && ofTheRun.Any(option => option.Option.Name == ValidationFraction && parsed.IsGiven(option.Option)))
        {
            throw new InputException($"Name either a --validation data set or a {ValidationFraction}.");
        }

        var settings = Settings(parsed, TrainingRecipe.For(table));
        return Code(RunIn(parsed, parsed.GetValue(output) ?? UsualFolder(table, settings.Seed)).Start(
            new InitialNetwork(
                classes => settings.Switches.Apply(trained?.TableOf(classes) ?? CommonOptions.Architecture(table, classes)), trained),
            photographs =>
            {
                var usual = trained is null
                    ? TrainingRecipe.For(table)
                    : TrainingRecipe.ForFineTuning(table, photographs) with { CentredWeights = trained.IsCentred };
                var recipe = Settings(parsed, usual).Recipe;
                return paths.Validation is null ? recipe : recipe with { ValidationFraction = 0 };
            },
            settings.Seed,
            paths,
            parsed.GetValue(devices) ?? UsualDevices,
            Threads(parsed)));
    }

    private RunSettings Settings(ParseResult parsed, TrainingRecipe usual) => ofTheRun.Aggregate(
        new RunSettings(new NetworkSwitches(), usual, CommonOptions.UsualSeed), (before, option) => option.Apply(parsed, before));

    private TrainingRun RunIn(ParseResult parsed, string folder)
    {
        var (kept, every) = (parsed.GetValue(keep), parsed.GetValue(minutes) ?? CheckpointPolicy.Usual.Every.TotalMinutes);
        var policy = kept is not (>= 1 and <= 9999) ? throw new InputException("--keep takes 1 to 9999.")
            : every is not (>= 0 and <= 10080) ? throw new InputException("--checkpoint-minutes takes 0 to 10080, a week.")
            : new CheckpointPolicy(kept, TimeSpan.FromMinutes(every));
        return new TrainingRun(folder, policy, Display(parsed.GetValue(log)), stop)
        {
            FinalTest = (best, heldOut) => Test(best, heldOut, folder),
        };
    }

    /// <summary>Tests the best epoch with ten crops, and writes the report about it.</summary>
    private ErrorRates? Test(Checkpoint best, Canvases heldOut, string folder)
    {
        var measured = heldOut.Photographs.Count == 0
            ? null
            : MeasuredRun.Of(best, folder, heldOut, best.State.Devices ?? UsualDevices, stop);
        WholeFile.Write(Path.Combine(folder, ReportPage.UsualFile), ReportPage.Of(best, measured));
        return measured?.Best.Errors();
    }

    private static TrainingDisplay Display(LogFormat format) =>
        format == LogFormat.Json ? new JsonDisplay(JsonLog.OnStandardOutput())
        : Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Interactive ? new PlainDisplay()
        : new LiveDisplay(AnsiConsole.Console, TimeProvider.System);

    private static int Code(bool isDone) => isDone ? ExitCode.Done : ExitCode.Stopped;

    private int Threads(ParseResult parsed) => parsed.GetValue(threads) is > 0 and var given ? given : Environment.ProcessorCount;

    private static void RequireUnchanged(IEnumerable<RunOption> options, ParseResult parsed, TrainingState state)
    {
        foreach (var option in options)
        {
            option.RequireUnchanged(parsed, state);
        }
    }

    /// <summary>False, true or auto; without a value, true.</summary>
    private static string? ParseResume(ArgumentResult argument)
    {
        if (argument.Tokens is not [var token, ..])
        {
            return bool.TrueString;
        }

        if (bool.TryParse(token.Value, out var plain))
        {
            return plain.ToString();
        }

        if (!token.Value.Equals(ResumeIfThere, StringComparison.OrdinalIgnoreCase))
        {
            argument.AddError($"--resume takes auto, true or false, not '{token.Value}'.");
        }

        return ResumeIfThere;
    }

    private static string UsualFolder(string preset, int seed) => Path.Combine(
        "runs", string.Create(CultureInfo.InvariantCulture, $"{preset}-seed{seed}-{TimeProvider.System.GetUtcNow():yyyyMMdd-HHmmss}"));

    private static string Needed(string? value, string message) => value ?? throw new InputException(message);
}
