using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Worker.Evaluate;

namespace AlexNetService.Worker.Train;

/// <summary>Where the data sets of a run lie.</summary>
/// <param name="Training">The one to learn from.</param>
/// <param name="Validation">The one to hold out, or null where a share of the first is.</param>
/// <param name="Names">File of class names, or null for the one beside the data, if there is one.</param>
internal sealed record DataPaths(string Training, string? Validation, string? Names = null);

/// <summary>The data sets of a run, open.</summary>
internal sealed class DataSets : IDisposable
{
    private readonly LabelledPhotographs? validation;

    private DataSets(LabelledPhotographs source, LabelledPhotographs? validation, HeldOutSet? heldOut)
    {
        (Source, this.validation, HeldOut) = (source, validation, heldOut);
    }

    /// <summary>The one to learn from.</summary>
    public LabelledPhotographs Source { get; }

    /// <summary>What the run remembers of the one to hold out, or null.</summary>
    public HeldOutSet? HeldOut { get; }

    /// <summary>Opens them in place.</summary>
    /// <exception cref="DataSetException">One is not there or cannot be read.</exception>
    public static DataSets Open(DataPaths paths)
    {
        var source = DataSetOpener.Open(paths.Training, names: paths.Names);
        try
        {
            var other = paths.Validation is { } path ? DataSetOpener.Open(path) : null;
            return new DataSets(source, other, other is null ? null : new HeldOutSet(other.Name, Path.GetFullPath(paths.Validation ?? ""), other.Sha256));
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Checks that a run began with these.</summary>
    /// <exception cref="InputException">It did not.</exception>
    public void RequireThoseOf(TrainingState state)
    {
        var (now, then) = Source.Sha256 != state.DataSetSha256 ? (Source.Name, state.DataSet)
            : HeldOut?.Sha256 != state.HeldOut?.Sha256 ? (HeldOut?.Name, state.HeldOut?.Name ?? $"a share of {state.DataSet}")
            : (null, null);
        if (now is not null)
        {
            throw new InputException($"'{now}' is not the data set that the run began with ('{then}'): other photographs, or other lengths.");
        }
    }

    /// <summary>Decodes the photographs, or prepares to.</summary>
    /// <param name="recipe">Says what share is held out, where there is no other data set.</param>
    /// <param name="side">Side of a canvas, in pixels.</param>
    /// <param name="stop">Stops the decoding.</param>
    /// <exception cref="InputException">The held-out set has a class that the other does not, or nothing is held out where the schedule needs it.</exception>
    public TrainingData Prepare(TrainingRecipe recipe, int side, CancellationToken stop)
    {
        var prepared = validation is null
            ? TrainingData.Load(Source, recipe.Share, side, stop)
            : TrainingData.Load(Source, validation, Classes(validation), side, stop);
        foreach (var unreadable in prepared.Training.Unreadable.Concat(prepared.Validation.Unreadable))
        {
            TrainingDisplay.Warn($"left out: {unreadable}");
        }

        if (prepared.Validation.Photographs.Count == 0)
        {
            if (recipe.Schedule == LearningRateSchedule.Plateau)
            {
                throw new InputException(
                    "The plateau schedule needs held-out photographs, and there are none. Use a larger --validation-fraction, a --validation data set, or --schedule steps.");
            }

            TrainingDisplay.Warn("no photograph is held out; errors are those of the photographs learned from.");
        }

        return prepared;
    }

    /// <summary>Decodes the held-out photographs alone, or prepares to.</summary>
    /// <param name="share">What is held out, where there is no other data set.</param>
    /// <param name="side">Side of a canvas, in pixels.</param>
    /// <param name="stop">Stops the decoding.</param>
    /// <exception cref="InputException">The held-out set has a class that the other does not.</exception>
    public Canvases Judged(DataShare share, int side, CancellationToken stop) => validation is null
        ? Canvases.Load(Source, Source.Split(share).HeldOut, side, stop)
        : TrainingData.Judged(validation, Classes(validation), side, stop);

    /// <inheritdoc/>
    public void Dispose()
    {
        validation?.Dispose();
        Source.Dispose();
    }

    private int[] Classes(LabelledPhotographs judged) => ClassMatch.Of(judged.Labels, Source.Labels, Source.Name);
}
