using System.CommandLine;
using System.Globalization;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;
using AlexNetService.Worker.Log;

namespace AlexNetService.Worker.Train;

/// <summary><c>alexnet train</c>: data set → a run's folder with checkpoints.</summary>
internal static class TrainCommand
{
    private const string IfThere = "auto";

    private static readonly TrainingRecipe Defaults = new();

    public static Command Create(Option<LogFormat> log, CancellationToken stop)
    {
        var preset = CommonOptions.Preset();
        var data = new Option<string?>("--data") { Description = $"Data set: {DataSetOpener.Kinds}." };
        var validation = new Option<string?>("--validation") { Description = "Another data set, held out whole instead of a share of --data; its classes must be classes of --data." };
        var output = new Option<string?>("--output") { Description = "Folder of the run. Default: runs/PRESET-seedN-TIME." };
        var resume = Resume();
        var initial = new Option<string?>("--initial-weights")
        {
            Description = "Begin with the weights of another run's best epoch, or of a checkpoint file, instead of drawn ones: its layer table, and the same classes. "
                + "What learns, and how, is asked for anew.",
        };
        var epochs = new Option<int?>("--epochs") { Description = "Passes through the data. Default: the preset's." };
        var batchSize = new Option<int?>("--batch-size") { Description = $"Photographs in a step. Default: {Defaults.BatchSize}." };
        var rate = CommonOptions.Number("--learning-rate", "Learning rate at the start. Default: the preset's.");
        var decay = CommonOptions.Number("--weight-decay", "Share of a weight taken off in each step, times the rate: 0 to below 1. Default: the preset's.");
        var schedule = new Option<LearningRateSchedule?>("--schedule") { Description = "How the rate falls. Default: the preset's." };
        var precision = new Option<ComputePrecision?>("--precision")
        {
            Description = "What a step computes with: fp32, or bf16 over float32 weights, about twice as fast on hardware that has it. Default: the preset's.",
        };
        var jitter = CommonOptions.Number(
            "--scale-jitter", "Random crops are cut from windows up to this share smaller or larger than the crop, and resampled; 0, as in the paper: of one size. Default: the preset's.");
        var biasRate = CommonOptions.Number("--bias-rate", "Rate of the biases as a multiple of the weights': 1 as in the paper, 2 as in its code. Default: the preset's.");
        var biasDecay = new Option<bool?>("--bias-decay") { Description = "Whether biases decay as the weights do: true or false. Default: the preset's." };
        var centred = new Option<bool?>("--centred-weights")
        {
            Description = "Whether the weights of each hidden unit are held to a sum of zero, which learns faster than the paper's update: true or false. Default: the preset's.",
        };
        var fraction = CommonOptions.Number(
            "--validation-fraction",
            string.Create(CultureInfo.InvariantCulture, $"Share of each class that is held out, the same photographs for every seed. Default: {Defaults.ValidationFraction}."));
        var seed = CommonOptions.Seed();
        var minutes = CommonOptions.Number(
            "--checkpoint-minutes",
            string.Create(CultureInfo.InvariantCulture, $"Longest time between two checkpoints; 0 for one after each epoch only. Default: {CheckpointPolicy.Usual.Every.TotalMinutes}."));
        var keep = new Option<int>("--keep")
        {
            Description = "Finished epochs that stay on disk, besides the best; as many checkpoints in the middle of the epoch under way.",
            DefaultValueFactory = _ => CheckpointPolicy.Usual.Keep,
        };
        var devices = new Option<string?>("--devices")
        {
            Description = "Device of each column: cuda:0,cuda:1 or cpu,cpu; one device takes both. Default: cpu; with --resume, the run's own.",
        };
        var threads = CommonOptions.Threads();
        var switches = new SwitchOptions();
        var command = new Command("train", """
            Train a network. A checkpoint is written after each epoch, every few minutes, and when Ctrl-C or SIGTERM stops the run;
            --resume goes on from the newest, to the same weights as without the stop, on as many threads. At the end the weights of the best epoch are
            tested with ten crops.

            Example: alexnet train --preset alexnet-cifar --data photographs.zip --epochs 20 --output runs/first
                     alexnet train --resume --output runs/first
            Example: alexnet train --initial-weights runs/first --data more.zip --epochs 10 --learning-rate 0.01 --output runs/second
            """)
        {
            preset, data, validation, output, resume, initial, epochs, batchSize, rate, decay, schedule, precision, jitter, biasRate, biasDecay, centred, fraction, seed, minutes, keep, devices, threads,
        };
        foreach (var option in switches.All)
        {
            command.Add(option);
        }

        RunOption[] ofTheWeights =
        [
            RunOption.Of(preset, state => AlexNetLayers.PresetOf(state.Architecture.Preset)),
            RunOption.Of(centred, state => state.Recipe.CentredWeights),
            .. switches.OfTheTable,
        ];
        RunOption[] ofTheRun =
        [
            .. ofTheWeights,
            .. switches.OfTheRecipe,
            new RunOption(initial, (_, state) => state.BegunWith is null ? "drawn ones" : null),
            RunOption.Of(epochs, state => state.Recipe.Epochs),
            RunOption.Of(batchSize, state => state.Recipe.BatchSize),
            RunOption.Of(rate, state => state.Recipe.LearningRate),
            RunOption.Of(decay, state => state.Recipe.WeightDecay),
            RunOption.Of(schedule, state => state.Recipe.Schedule),
            RunOption.Of(precision, state => state.Recipe.Precision),
            RunOption.Of(jitter, state => state.Recipe.ScaleJitter),
            RunOption.Of(biasRate, state => state.Recipe.BiasRate),
            RunOption.Of(biasDecay, state => state.Recipe.BiasDecay),
            RunOption.Of(fraction, state => state.Recipe.ValidationFraction),
            RunOption.Of(seed, state => state.Seed),
        ];
        command.SetAction(parsed =>
        {
            TrainingRun RunIn(string folder) =>
                new(folder, Policy(parsed.GetValue(keep), parsed.GetValue(minutes)), TrainingDisplay.For(parsed.GetValue(log)), stop);

            if (parsed.GetValue(resume) is { } kind && kind != bool.FalseString)
            {
                var run = RunIn(Needed(parsed.GetValue(output), "--resume needs --output RUN."));
                if (run.IsThere || kind != IfThere)
                {
                    return run.Resume(
                        state => Array.ForEach(ofTheRun, option => option.Require(parsed, state, "on --resume", "Begin another run with another --output.")),
                        parsed.GetValue(data),
                        parsed.GetValue(validation),
                        parsed.GetValue(devices),
                        parsed.IsGiven(threads) ? Threads(parsed.GetValue(threads)) : null);
                }
            }

            var earlier = parsed.GetValue(initial) is { } begunWith ? RunCheckpoint.Open(begunWith, CheckpointChoice.Best) : null;
            if (earlier is not null)
            {
                Array.ForEach(ofTheWeights, option => option.Require(parsed, earlier.State, "with --initial-weights", "Leave it out."));
            }

            var table = Needed(
                earlier is null ? parsed.GetValue(preset) : AlexNetLayers.PresetOf(earlier.State.Architecture.Preset),
                "Name a --preset, --initial-weights of a run, or --resume a run.");
            var network = switches.Network(parsed);
            var usual = TrainingRecipe.For(table);
            var paths = new DataPaths(Needed(parsed.GetValue(data), "Name the --data to learn from."), parsed.GetValue(validation));
            if (paths.Validation is not null && parsed.IsGiven(fraction))
            {
                throw new InputException("Name either a --validation data set or a --validation-fraction.");
            }

            var recipe = usual with
            {
                Epochs = parsed.GetValue(epochs) ?? usual.Epochs,
                BatchSize = parsed.GetValue(batchSize) ?? usual.BatchSize,
                LearningRate = parsed.GetValue(rate) ?? usual.LearningRate,
                WeightDecay = parsed.GetValue(decay) ?? usual.WeightDecay,
                Schedule = parsed.GetValue(schedule) ?? usual.Schedule,
                Precision = parsed.GetValue(precision) ?? usual.Precision,
                ScaleJitter = parsed.GetValue(jitter) ?? usual.ScaleJitter,
                BiasRate = parsed.GetValue(biasRate) ?? usual.BiasRate,
                BiasDecay = parsed.GetValue(biasDecay) ?? usual.BiasDecay,
                CentredWeights = parsed.GetValue(centred) ?? earlier?.State.Recipe.CentredWeights ?? usual.CentredWeights,
                ValidationFraction = paths.Validation is null ? parsed.GetValue(fraction) ?? usual.ValidationFraction : 0,
            };
            return RunIn(parsed.GetValue(output) ?? UsualFolder(table, parsed.GetValue(seed))).Start(
                earlier is null ? InitialNetwork.Drawn(classes => network.Apply(CommonOptions.Architecture(table, classes))) : InitialNetwork.Of(earlier),
                switches.Apply(parsed, recipe),
                parsed.GetValue(seed),
                paths,
                parsed.GetValue(devices) ?? "cpu",
                Threads(parsed.GetValue(threads)));
        });
        return command;
    }

    /// <summary>False, true, or auto. Without a value, true.</summary>
    private static Option<string?> Resume()
    {
        var option = new Option<string?>("--resume")
        {
            Description = "Go on from the newest checkpoint of --output; recipe and seed are the run's own. auto: go on where there is a run, begin one where there is none.",
            Arity = ArgumentArity.ZeroOrOne,
            HelpName = "auto|true|false",
            CustomParser = argument => argument.Tokens is [var token, ..] ? Known(argument, token.Value) : bool.TrueString,
        };
        return option;

        static string? Known(System.CommandLine.Parsing.ArgumentResult argument, string text)
        {
            if (bool.TryParse(text, out var plain))
            {
                return plain.ToString();
            }

            if (!text.Equals(IfThere, StringComparison.OrdinalIgnoreCase))
            {
                argument.AddError($"--resume takes auto, true or false, not '{text}'.");
            }

            return IfThere;
        }
    }

    private static CheckpointPolicy Policy(int keep, double? minutes)
    {
        var every = minutes ?? CheckpointPolicy.Usual.Every.TotalMinutes;
        return keep is not (>= 1 and <= 9999) ? throw new InputException("--keep takes 1 to 9999.")
            : every is not (>= 0 and <= 10080) ? throw new InputException("--checkpoint-minutes takes 0 to 10080, a week.")
            : new CheckpointPolicy(keep, TimeSpan.FromMinutes(every));
    }

    private static int Threads(int given) => given > 0 ? given : Environment.ProcessorCount;

    private static string UsualFolder(string preset, int seed) => Path.Combine(
        "runs", string.Create(CultureInfo.InvariantCulture, $"{preset}-seed{seed}-{TimeProvider.System.GetUtcNow():yyyyMMdd-HHmmss}"));

    private static string Needed(string? value, string message) => value ?? throw new InputException(message);
}
