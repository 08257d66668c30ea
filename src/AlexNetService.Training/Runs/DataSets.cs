using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;

namespace AlexNetService.Training.Runs;

/// <summary>Paths of the data sets of a run.</summary>
/// <param name="Training">The data set to learn from.</param>
/// <param name="Validation">The data set to hold out, or null to hold out a share of the first.</param>
/// <param name="Names">File of class names, or null for the one beside the data, if there is one.</param>
public sealed record DataPaths(string Training, string? Validation, string? Names = null);

/// <summary>The data sets of a run, open.</summary>
public sealed class DataSets : IDisposable
{
    private readonly LabelledPhotographs? validation;

    private DataSets(LabelledPhotographs source, LabelledPhotographs? validation, HeldOutSet? heldOut)
    {
        (Source, this.validation, HeldOut) = (source, validation, heldOut);
    }

    /// <summary>The data set to learn from.</summary>
    public LabelledPhotographs Source { get; }

    /// <summary>What the run remembers about the separate held-out data set, or null without one.</summary>
    public HeldOutSet? HeldOut { get; }

    /// <summary>Opens the data sets in place.</summary>
    /// <param name="paths">Their paths.</param>
    /// <exception cref="DataSetException">A data set does not exist or cannot be read.</exception>
    public static DataSets Open(DataPaths paths)
    {
        var source = DataSetOpener.Open(paths.Training, names: paths.Names);
        try
        {
            if (paths.Validation is not { } path)
            {
                return new DataSets(source, null, null);
            }

            var other = DataSetOpener.Open(path);
            return new DataSets(source, other, new HeldOutSet(other.Name, Path.GetFullPath(path), other.Sha256));
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Requires that a run began with these data sets.</summary>
    /// <param name="state">The run.</param>
    /// <exception cref="InputException">It began with others.</exception>
    public void RequireThoseOf(TrainingState state)
    {
        var (now, then) = Source.Sha256 != state.DataSetSha256 ? (Source.Name, state.DataSet)
            : HeldOut?.Sha256 != state.HeldOut?.Sha256 ? (HeldOut?.Name, state.HeldOut?.Name ?? $"a share of {state.DataSet}")
            : (null, null);
        if (now is not null)
        {
            throw new InputException(
                $"'{now}' is not the data set that the run began with ('{then}'): its photographs or their lengths differ.");
        }
    }

    /// <summary>Prepares the canvases to learn from and those held out.</summary>
    /// <param name="recipe">Its share is held out if there is no separate data set.</param>
    /// <param name="side">Side of a canvas, in pixels.</param>
    /// <param name="stop">Stops the decoding.</param>
    /// <exception cref="InputException">
    /// The held-out data set has a class that the other does not, or nothing is held out though the schedule needs it.
    /// </exception>
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
                    "The plateau schedule needs held-out photographs, and there are none. "
                    + "Use a larger --validation-fraction, a --validation data set, or --schedule steps.");
            }

            TrainingDisplay.Warn("no photograph is held out; errors are those of the photographs learned from.");
        }

        return prepared;
    }

    /// <summary>Prepares the held-out canvases only.</summary>
    /// <param name="share">The share that is held out if there is no separate data set.</param>
    /// <param name="side">Side of a canvas, in pixels.</param>
    /// <param name="stop">Stops the decoding.</param>
    /// <exception cref="InputException">The held-out data set has a class that the other does not.</exception>
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
