using System.Text;
using System.Text.Json;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Files;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;

namespace AlexNetService.Worker.Train;

/// <summary>A run from its data set to its last checkpoint.</summary>
internal static class TrainingRun
{
    private const string MetricsFile = "metrics.jsonl";

    /// <summary>Begins a run and trains it.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="InputException">The folder holds a run already or cannot be written, or the recipe breaks a rule.</exception>
    public static int Start(
        string preset,
        NetworkSwitches switches,
        string data,
        string folder,
        TrainingRecipe recipe,
        int seed,
        string devices,
        CancellationToken stop)
    {
        if (recipe.Broken() is { } reason)
        {
            throw new InputException(reason);
        }

        if (Checkpoint.Files(folder) is [var newest, ..])
        {
            throw new InputException($"'{folder}' holds a run already ('{newest}'). Use --resume to go on, or another --output.");
        }

        _ = switches.Apply(CommonOptions.Architecture(preset, classes: 2));
        using var source = DataSetOpener.Open(data);
        var architecture = switches.Apply(CommonOptions.Architecture(preset, source.Labels.Count));
        var placement = ColumnPlacement.Parse(devices, architecture.Columns);
        RequireWritable(folder);
        var prepared = Prepare(source, recipe, architecture.Geometry.Canvas, stop);
        var colours = ColourStatistics.Of(prepared.Training, stop);
        var state = new TrainingState
        {
            Architecture = architecture,
            Recipe = recipe,
            Seed = seed,
            Labels = source.Labels,
            Colours = architecture.MeanImage ? colours : colours with { MeanImage = null },
            DataSet = source.Name,
            DataSetPath = Path.GetFullPath(data),
            DataSetSha256 = source.Sha256,
            TrainingImages = prepared.Training.Photographs.Count,
            ValidationImages = prepared.Validation.Photographs.Count,
            Devices = devices,
            Started = TimeProvider.System.GetUtcNow(),
        };
        var display = new TrainingDisplay();
        using var trainer = new Trainer(state, prepared, placement, folder, TimeProvider.System, display);
        return Train(trainer, folder, display, stop);
    }

    /// <summary>Goes on with a run from its newest good checkpoint.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="InputException">The data set is another one, or the folder cannot be written.</exception>
    public static int Resume(string folder, string? data, string? devices, CancellationToken stop)
    {
        var checkpoint = Checkpoint.Newest(folder, TrainingDisplay.Warn);
        var state = checkpoint.State with { Devices = devices ?? checkpoint.State.Devices ?? "cpu" };
        RequireWritable(folder);
        using var source = DataSetOpener.Open(data ?? state.DataSetPath);
        if (source.Sha256 != state.DataSetSha256)
        {
            throw new InputException($"'{source.Name}' is not the data set that the run began with ('{state.DataSet}'): other photographs, or other lengths.");
        }

        var placement = ColumnPlacement.Parse(state.Devices, state.Architecture.Columns);
        try
        {
            var prepared = Prepare(source, state.Recipe, state.Architecture.Geometry.Canvas, stop);
            var display = new TrainingDisplay();
            using var trainer = new Trainer(checkpoint with { State = state }, prepared, placement, folder, TimeProvider.System, display);
            return Train(trainer, folder, display, stop);
        }
        catch (OperationCanceledException)
        {
            TrainingDisplay.Stopped(folder, state.Epochs.Count);
            return ExitCode.Stopped;
        }
    }

    private static int Train(Trainer trainer, string folder, TrainingDisplay display, CancellationToken stop)
    {
        display.Begin(trainer.State, folder);
        try
        {
            trainer.Run(
                result =>
                {
                    WriteMetrics(folder, trainer.State.Epochs);
                    display.EpochDone(result);
                },
                stop);
        }
        catch (OperationCanceledException) when (trainer.State.Epochs.Count > 0)
        {
            display.EndLine();
            TrainingDisplay.Stopped(folder, trainer.State.Epochs.Count);
            return ExitCode.Stopped;
        }
        catch
        {
            display.EndLine();
            throw;
        }

        TrainingDisplay.Done(trainer.State, folder);
        return ExitCode.Done;
    }

    private static TrainingData Prepare(LabelledPhotographs source, TrainingRecipe recipe, int side, CancellationToken stop)
    {
        var prepared = TrainingData.Load(source, recipe.ValidationFraction, side, stop);
        foreach (var unreadable in prepared.Training.Unreadable.Concat(prepared.Validation.Unreadable))
        {
            TrainingDisplay.Warn($"left out: {unreadable}");
        }

        if (prepared.Validation.Photographs.Count == 0)
        {
            if (recipe.Schedule == LearningRateSchedule.Plateau)
            {
                throw new InputException(
                    "The plateau schedule needs held-out photographs, and there are none. Use a larger --validation-fraction, or --schedule steps.");
            }

            TrainingDisplay.Warn("no photograph is held out; errors are those of the photographs learned from.");
        }

        return prepared;
    }

    /// <summary>Finds out now, not after the first epoch, that nothing can be kept.</summary>
    private static void RequireWritable(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            var probe = Path.Combine(folder, ".writable");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"The run's folder '{folder}' cannot be written: {e.Message} Name another --output.");
        }
    }

    private static void WriteMetrics(string folder, IReadOnlyList<EpochResult> epochs)
    {
        var lines = epochs.Select(epoch => JsonSerializer.Serialize(epoch, WorkerJson.Line.EpochResult) + "\n");
        WholeFile.Write(Path.Combine(folder, MetricsFile), Encoding.UTF8.GetBytes(string.Concat(lines)));
    }
}
