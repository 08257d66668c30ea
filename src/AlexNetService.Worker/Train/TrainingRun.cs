using System.Globalization;
using System.Text.Json;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;

namespace AlexNetService.Worker.Train;

/// <summary>A run from its data set to its last checkpoint.</summary>
internal sealed class TrainingRun : IDisposable
{
    private const string MetricsFile = "metrics.jsonl";

    private readonly LabelledPhotographs source;
    private readonly TrainingDisplay display;
    private readonly Trainer trainer;
    private readonly string folder;

    private TrainingRun(LabelledPhotographs source, TrainingDisplay display, Trainer trainer, string folder)
    {
        (this.source, this.display, this.trainer, this.folder) = (source, display, trainer, folder);
    }

    /// <summary>Begins a run.</summary>
    /// <exception cref="InputException">The folder holds a run already, or the recipe breaks a rule.</exception>
    public static TrainingRun Start(
        string preset, string data, string? output, Func<TrainingRecipe, TrainingRecipe> adjust, int seed, string devices, CancellationToken stop)
    {
        var clock = TimeProvider.System;
        var recipe = adjust(TrainingRecipe.For(preset));
        if (recipe.Broken() is { } reason)
        {
            throw new InputException(reason);
        }

        var folder = output ?? Path.Combine("runs", string.Create(CultureInfo.InvariantCulture, $"{preset}-seed{seed}-{clock.GetUtcNow():yyyyMMdd-HHmmss}"));
        if (Checkpoint.Files(folder) is [var newest, ..])
        {
            throw new InputException($"'{folder}' holds a run already ('{newest}'). Use --resume to go on, or another --output.");
        }

        _ = CommonOptions.Architecture(preset, classes: 2);
        var source = DataSetOpener.Open(data);
        var architecture = CommonOptions.Architecture(preset, source.Labels.Count);
        var placement = ColumnPlacement.Parse(devices, architecture.Columns);
        var display = new TrainingDisplay();
        var prepared = Prepare(source, recipe.ValidationFraction, architecture.Geometry.Canvas, stop);
        var state = new TrainingState
        {
            Architecture = architecture,
            Recipe = recipe,
            Seed = seed,
            Labels = source.Labels,
            Colours = ColourStatistics.Of(prepared.Training, stop),
            DataSet = source.Name,
            DataSetPath = Path.GetFullPath(data),
            DataSetSha256 = source.Sha256,
            TrainingImages = prepared.Training.Photographs.Count,
            ValidationImages = prepared.Validation.Photographs.Count,
            Started = clock.GetUtcNow(),
        };
        return new TrainingRun(source, display, new Trainer(state, prepared, placement, folder, clock, display), folder);
    }

    /// <summary>Goes on with a run from its newest good checkpoint.</summary>
    /// <exception cref="InputException">The data set is another one.</exception>
    public static TrainingRun Resume(string folder, string? data, string devices, CancellationToken stop)
    {
        var display = new TrainingDisplay();
        var checkpoint = Checkpoint.Newest(folder, TrainingDisplay.Warn);
        var state = checkpoint.State;
        var source = DataSetOpener.Open(data ?? state.DataSetPath);
        if (source.Sha256 != state.DataSetSha256)
        {
            throw new InputException($"'{source.Name}' is not the data set that the run began with ('{state.DataSet}'): other photographs, or other lengths.");
        }

        var placement = ColumnPlacement.Parse(devices, state.Architecture.Columns);
        var prepared = Prepare(source, state.Recipe.ValidationFraction, state.Architecture.Geometry.Canvas, stop);
        return new TrainingRun(source, display, new Trainer(checkpoint, prepared, placement, folder, TimeProvider.System, display), folder);
    }

    /// <summary>Runs the epochs that are left.</summary>
    /// <returns>The exit code.</returns>
    public int Train(CancellationToken stop)
    {
        display.Begin(trainer.State, folder);
        try
        {
            trainer.Run(EpochDone, stop);
        }
        catch (OperationCanceledException)
        {
            display.Stopped($"alexnet train --resume --output {folder}", trainer.State.Epochs.Count);
            return ExitCode.Stopped;
        }

        display.Done(folder);
        return ExitCode.Done;
    }

    public void Dispose()
    {
        trainer.Dispose();
        source.Dispose();
    }

    private static TrainingData Prepare(LabelledPhotographs source, double fraction, int side, CancellationToken stop)
    {
        var prepared = TrainingData.Load(source, fraction, side, stop);
        foreach (var unreadable in prepared.Training.Unreadable.Concat(prepared.Validation.Unreadable))
        {
            TrainingDisplay.Warn($"left out: {unreadable}");
        }

        return prepared;
    }

    private void EpochDone(EpochResult result)
    {
        File.WriteAllLines(Path.Combine(folder, MetricsFile), trainer.State.Epochs.Select(epoch => JsonSerializer.Serialize(epoch, WorkerJson.Line.EpochResult)));
        display.EpochDone(result);
    }
}
