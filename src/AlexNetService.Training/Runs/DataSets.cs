using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;

namespace AlexNetService.Training.Runs;

/// <summary>
/// Paths of the data sets of a run: to learn from; to hold out, or null to hold out a share of the first; and a file of class names, or
/// null for the one beside the data, if there is one.
/// </summary>
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

    /// <summary>
    /// Prepares the canvases to learn from and those held out, and says what was found. Photographs with the same bytes are left out unless
    /// <paramref name="withCopies"/>, for runs of before this rule.
    /// </summary>
    /// <exception cref="DataSetException">A class has no photograph to learn from, or too many photographs cannot be decoded.</exception>
    /// <exception cref="InputException">
    /// The held-out data set has a class that the other does not, or nothing is held out though the schedule needs it.
    /// </exception>
    internal (TrainingData Data, DataSurvey Survey) Prepare(TrainingRecipe recipe, int side, bool withCopies, CancellationToken stop)
    {
        var judge = validation ?? Source;
        var (all, share) = Source.Split(recipe.Share);
        var judged = validation is null ? share : Judged(validation);
        var (learned, copies) = withCopies ? (all, []) : IdenticalPhotographs.LeaveOut(Source, all, judge, judged, stop);
        var data = new TrainingData(Canvases.Load(Source, learned, side, stop), Canvases.Load(judge, judged, side, stop));
        RequireEachClass(all, data.Training, copies);
        if (data.Validation.Photographs.Count == 0 && recipe.Schedule == LearningRateSchedule.Plateau)
        {
            throw new InputException(
                "The plateau schedule needs held-out photographs, and there are none. "
                + "Use a larger --validation-fraction, a --validation data set, or --schedule steps.");
        }

        string[] unused = validation is not null && Source.IsDivided
            ? [$"the held-out folder of '{Source.Name}' is not used, because --validation names '{validation.Name}'."]
            : [];
        return (data, DataSurvey.Of(Source, data, [.. Source.Findings, .. unused, .. validation?.Findings ?? [], .. copies]));
    }

    /// <summary>Prepares the held-out canvases only: those of the separate data set, or else of the share.</summary>
    /// <exception cref="InputException">The held-out data set has a class that the other does not.</exception>
    public Canvases Judged(DataShare share, int side, CancellationToken stop) => validation is null
        ? Canvases.Load(Source, Source.Split(share).HeldOut, side, stop)
        : Canvases.Load(validation, Judged(validation), side, stop);

    /// <inheritdoc/>
    public void Dispose()
    {
        validation?.Dispose();
        Source.Dispose();
    }

    /// <summary>The photographs of a separate data set, with the classes of the one to learn from.</summary>
    private Photograph[] Judged(LabelledPhotographs judge)
    {
        var classes = ClassMatch.Of(judge, Source.Labels, Source.Name);
        return [.. judge.Photographs.Select(photograph => photograph with { Label = classes[photograph.Label] })];
    }

    private void RequireEachClass(IReadOnlyList<Photograph> all, Canvases learned, IReadOnlyList<string> copies)
    {
        var left = learned.Photographs.Select(photograph => photograph.Label).ToHashSet();
        var lost = all.FirstOrDefault(photograph => !left.Contains(photograph.Label));
        if (all.Count > 0 && lost is null)
        {
            return;
        }

        var empty = lost is null ? $"'{Source.Name}'" : $"Class '{Source.Labels[lost.Label].Id}' of '{Source.Name}'";
        var reasons = learned.Unreadable.Select(reason => $"left out: {reason}").Concat(copies);
        throw new DataSetException(string.Join(
            ' ', reasons.Prepend($"{empty} has no photograph left to learn from. Add photographs. What was found:")));
    }
}
