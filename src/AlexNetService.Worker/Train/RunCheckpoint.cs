using System.Globalization;
using AlexNetService.Training.Loop;

namespace AlexNetService.Worker.Train;

/// <summary>The checkpoint that <c>--run</c> and <c>--checkpoint</c> name, to measure or to publish.</summary>
internal static class RunCheckpoint
{
    /// <param name="run">A run's folder, or one of its checkpoint files.</param>
    /// <param name="choice">Which finished epoch of a folder.</param>
    /// <exception cref="CheckpointException">There is no good checkpoint of a finished epoch.</exception>
    /// <exception cref="InvalidDataException">The file is truncated, damaged, or no checkpoint.</exception>
    public static Checkpoint Open(string run, CheckpointChoice choice)
    {
        if (!File.Exists(run))
        {
            return new CheckpointFolder(run).Finished(choice, TrainingDisplay.Warn);
        }

        var checkpoint = Checkpoint.Read(run);
        if (checkpoint.State.UnderWay is not null)
        {
            TrainingDisplay.Warn($"'{run}' is a checkpoint {Place(checkpoint.State)}, not of a finished epoch.");
        }

        return checkpoint;
    }

    /// <summary>Where a run stands, in words.</summary>
    public static string Place(TrainingState state)
    {
        var steps = (state.TrainingImages + state.Recipe.BatchSize - 1) / state.Recipe.BatchSize;
        return state.UnderWay is { } epoch
            ? string.Create(CultureInfo.InvariantCulture, $"in epoch {state.Epochs.Count + 1}, after step {epoch.Steps} of {steps}")
            : string.Create(CultureInfo.InvariantCulture, $"after epoch {state.Epochs.Count}");
    }
}
