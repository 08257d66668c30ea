using System.CommandLine;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;

namespace AlexNetService.Worker.Train;

/// <summary><c>alexnet train</c>: data set → a run's folder with checkpoints.</summary>
internal static class TrainCommand
{
    public static Command Create(CancellationToken stop)
    {
        var preset = CommonOptions.Preset();
        var data = new Option<string?>("--data") { Description = "Data set: a folder of class folders, or a zip of one." };
        var output = new Option<string?>("--output") { Description = "Folder of the run. Default: runs/PRESET-seedN-TIME." };
        var resume = new Option<bool>("--resume") { Description = "Go on from the newest checkpoint of --output; recipe and seed are the run's own." };
        var epochs = new Option<int?>("--epochs") { Description = "Passes through the data. Default: the preset's." };
        var batchSize = new Option<int?>("--batch-size") { Description = "Photographs in a step. Default: 128." };
        var rate = new Option<double?>("--learning-rate") { Description = "Learning rate at the start. Default: the preset's." };
        var schedule = new Option<LearningRateSchedule?>("--schedule") { Description = "How the rate falls: plateau, steps or cosine. Default: the preset's." };
        var fraction = new Option<double?>("--validation-fraction")
        {
            Description = "Share of each class that is held out, the same photographs for every seed. Default: 0.1.",
        };
        var seed = CommonOptions.Seed();
        var devices = CommonOptions.Devices();
        var threads = CommonOptions.Threads();
        var command = new Command("train", """
            Train a network. A checkpoint is written after each epoch; Ctrl-C stops, --resume goes on.

            Example: alexnet train --preset alexnet-cifar --data photographs.zip --epochs 20 --output runs/first
            """)
        {
            preset, data, output, resume, epochs, batchSize, rate, schedule, fraction, seed, devices, threads,
        };
        command.SetAction(parsed =>
        {
            TorchRuntime.Prepare(parsed.GetValue(threads));
            TrainingRecipe Adjust(TrainingRecipe recipe) => recipe with
            {
                Epochs = parsed.GetValue(epochs) ?? recipe.Epochs,
                BatchSize = parsed.GetValue(batchSize) ?? recipe.BatchSize,
                LearningRate = parsed.GetValue(rate) ?? recipe.LearningRate,
                Schedule = parsed.GetValue(schedule) ?? recipe.Schedule,
                ValidationFraction = parsed.GetValue(fraction) ?? recipe.ValidationFraction,
            };
            using var run = parsed.GetValue(resume)
                ? TrainingRun.Resume(Needed(parsed.GetValue(output), "--resume needs --output RUN."), parsed.GetValue(data), parsed.GetValue(devices) ?? "cpu", stop)
                : TrainingRun.Start(
                    Needed(parsed.GetValue(preset), "Name a --preset, or --resume a run."),
                    Needed(parsed.GetValue(data), "Name the --data to learn from."),
                    parsed.GetValue(output), Adjust, parsed.GetValue(seed), parsed.GetValue(devices) ?? "cpu", stop);
            return run.Train(stop);
        });
        return command;
    }

    private static string Needed(string? value, string message) => value ?? throw new InputException(message);
}
