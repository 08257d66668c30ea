using System.CommandLine;
using System.Globalization;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;

namespace AlexNetService.Worker.Train;

/// <summary><c>alexnet train</c>: data set → a run's folder with checkpoints.</summary>
internal static class TrainCommand
{
    private static readonly TrainingRecipe Defaults = new();

    public static Command Create(CancellationToken stop)
    {
        var preset = CommonOptions.Preset();
        var data = new Option<string?>("--data") { Description = "Data set: a folder of class folders, or a zip of one." };
        var output = new Option<string?>("--output") { Description = "Folder of the run. Default: runs/PRESET-seedN-TIME." };
        var resume = new Option<bool>("--resume") { Description = "Go on from the newest checkpoint of --output; recipe and seed are the run's own." };
        var epochs = new Option<int?>("--epochs") { Description = "Passes through the data. Default: the preset's." };
        var batchSize = new Option<int?>("--batch-size") { Description = $"Photographs in a step. Default: {Defaults.BatchSize}." };
        var rate = CommonOptions.Number("--learning-rate", "Learning rate at the start. Default: the preset's.");
        var schedule = new Option<LearningRateSchedule?>("--schedule") { Description = "How the rate falls. Default: the preset's." };
        var precision = new Option<ComputePrecision?>("--precision")
        {
            Description = "What a step computes with: fp32, or bf16 over float32 weights, about twice as fast on hardware that has it. Default: the preset's.",
        };
        var biasRate = CommonOptions.Number("--bias-rate", "Rate of the biases as a multiple of the weights': 1 as in the paper, 2 as in its code. Default: the preset's.");
        var biasDecay = new Option<bool?>("--bias-decay") { Description = "Whether biases decay as the weights do: true or false. Default: the preset's." };
        var fraction = CommonOptions.Number(
            "--validation-fraction",
            string.Create(CultureInfo.InvariantCulture, $"Share of each class that is held out, the same photographs for every seed. Default: {Defaults.ValidationFraction}."));
        var seed = CommonOptions.Seed();
        var devices = new Option<string?>("--devices")
        {
            Description = "Device of each column: cuda:0,cuda:1 or cpu,cpu; one device takes both. Default: cpu; with --resume, the run's own.",
        };
        var threads = CommonOptions.Threads();
        var switches = new SwitchOptions();
        var command = new Command("train", """
            Train a network. A checkpoint is written after each epoch; Ctrl-C stops, --resume goes on.

            Example: alexnet train --preset alexnet-cifar --data photographs.zip --epochs 20 --output runs/first
            """)
        {
            preset, data, output, resume, epochs, batchSize, rate, schedule, precision, biasRate, biasDecay, fraction, seed, devices, threads,
        };
        foreach (var option in switches.All)
        {
            command.Add(option);
        }

        Option[] ofTheRun = [preset, epochs, batchSize, rate, schedule, precision, biasRate, biasDecay, fraction, seed, .. switches.All];
        command.SetAction(parsed =>
        {
            TorchRuntime.Prepare(parsed.GetValue(threads));
            if (parsed.GetValue(resume))
            {
                if (ofTheRun.FirstOrDefault(parsed.IsGiven) is { } fixedOption)
                {
                    throw new InputException($"{fixedOption.Name} cannot change on --resume; the run keeps its own. Begin another run with another --output.");
                }

                return TrainingRun.Resume(Needed(parsed.GetValue(output), "--resume needs --output RUN."), parsed.GetValue(data), parsed.GetValue(devices), stop);
            }

            var table = Needed(parsed.GetValue(preset), "Name a --preset, or --resume a run.");
            var usual = TrainingRecipe.For(table);
            var recipe = usual with
            {
                Epochs = parsed.GetValue(epochs) ?? usual.Epochs,
                BatchSize = parsed.GetValue(batchSize) ?? usual.BatchSize,
                LearningRate = parsed.GetValue(rate) ?? usual.LearningRate,
                Schedule = parsed.GetValue(schedule) ?? usual.Schedule,
                Precision = parsed.GetValue(precision) ?? usual.Precision,
                BiasRate = parsed.GetValue(biasRate) ?? usual.BiasRate,
                BiasDecay = parsed.GetValue(biasDecay) ?? usual.BiasDecay,
                ValidationFraction = parsed.GetValue(fraction) ?? usual.ValidationFraction,
            };
            var columns = parsed.GetValue(devices) ?? "cpu";
            if (recipe.Precision == ComputePrecision.Bf16 && columns.Contains("cpu", StringComparison.Ordinal) && !TorchRuntime.CpuHasBfloat16)
            {
                TrainingDisplay.Warn("this CPU has no bfloat16 arithmetic (AVX512-BF16 or AMX): bf16 is right here, but slower than --precision fp32.");
            }

            return TrainingRun.Start(
                table,
                switches.Network(parsed),
                Needed(parsed.GetValue(data), "Name the --data to learn from."),
                parsed.GetValue(output) ?? UsualFolder(table, parsed.GetValue(seed)),
                switches.Apply(parsed, recipe),
                parsed.GetValue(seed),
                columns,
                stop);
        });
        return command;
    }

    private static string UsualFolder(string preset, int seed) => Path.Combine(
        "runs", string.Create(CultureInfo.InvariantCulture, $"{preset}-seed{seed}-{TimeProvider.System.GetUtcNow():yyyyMMdd-HHmmss}"));

    private static string Needed(string? value, string message) => value ?? throw new InputException(message);
}
