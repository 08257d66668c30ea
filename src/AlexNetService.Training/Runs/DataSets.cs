namespace AlexNetService.Training.Runs;

/// <summary>Paths of the data sets of a run.</summary>
/// <param name="Training">Data set to train on.</param>
/// <param name="Validation">Separate validation data set; null to hold out a share of <paramref name="Training"/>.</param>
/// <param name="Names">File of class names; null for the one beside the data, if any.</param>
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

    /// <summary>Identity of the separate validation data set, as stored in the run; null without one.</summary>
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

    /// <summary>Throws unless the run began with these data sets.</summary>
    /// <exception cref="InputException">The run began with other data sets.</exception>
    public void RequireSameAs(TrainingState state)
    {
        var (now, then) = Source.Sha256 != state.DataSetSha256 ? (Source.Name, state.DataSet)
            : HeldOut?.Sha256 != state.HeldOut?.Sha256 ? (HeldOut?.Name, state.HeldOut?.Name ?? $"a share of {state.DataSet}")
            : (null, null);
        InputException.ThrowIf(
            now is not null,
            $"'{now}' is not the data set that the run began with ('{then}'): its photographs or their lengths differ.");
    }

    /// <summary>
    /// Loads the training and validation canvases, and surveys the data. Leaves copies out, unless <paramref name="withCopies"/>, for runs
    /// that began before this rule.
    /// </summary>
    /// <exception cref="DataSetException">A class has no photograph to learn from, or too many photographs cannot be decoded.</exception>
    /// <exception cref="InputException">
    /// The held-out data set has a class that the other does not, or nothing is held out though the schedule needs it.
    /// </exception>
    internal (TrainingData Data, DataSurvey Survey) Prepare(TrainingRecipe recipe, int side, bool withCopies, CancellationToken stop)
    {
        var validationSource = validation ?? Source;
        var (all, shareHeldOut) = Source.Split(recipe.Share);
        var heldOut = validation is null ? shareHeldOut : WithMatchedClasses(validation);
        var (learned, copies) = withCopies ? (all, []) : IdenticalPhotographs.LeaveOut(Source, all, validationSource, heldOut, stop);
        var data = new TrainingData(Canvases.Load(Source, learned, side, stop), Canvases.Load(validationSource, heldOut, side, stop));
        RequireEachClass(all, data.Training, copies);
        InputException.ThrowIf(
            data.Validation.Photographs.Count == 0 && recipe.Schedule == LearningRateSchedule.Plateau,
            "The plateau schedule needs held-out photographs, and there are none. "
            + "Use a larger --validation-fraction, a --validation data set, or --schedule steps.");
        string[] unused = validation is not null && Source.IsDivided
            ? [$"the held-out folder of '{Source.Name}' is not used, because --validation names '{validation.Name}'."]
            : [];
        return (data, DataSurvey.Of(Source, data, [.. Source.Findings, .. unused, .. validation?.Findings ?? [], .. copies]));
    }

    /// <summary>Loads the validation canvases only: those of the separate data set, or else of the share.</summary>
    /// <exception cref="InputException">The held-out data set has a class that the other does not.</exception>
    public Canvases LoadValidation(DataShare share, int side, CancellationToken stop) => validation is null
        ? Canvases.Load(Source, Source.Split(share).HeldOut, side, stop)
        : Canvases.Load(validation, WithMatchedClasses(validation), side, stop);

    /// <inheritdoc/>
    public void Dispose()
    {
        validation?.Dispose();
        Source.Dispose();
    }

    /// <summary>The photographs of a separate data set, with the classes of the one to learn from.</summary>
    private Photograph[] WithMatchedClasses(LabelledPhotographs other)
    {
        var classes = ClassMatch.Of(other, Source.Labels, Source.Name);
        return [.. other.Photographs.Select(photograph => photograph with { Label = classes[photograph.Label] })];
    }

    private void RequireEachClass(IReadOnlyList<Photograph> all, Canvases learned, IReadOnlyList<string> copies)
    {
        var remaining = learned.Photographs.Select(photograph => photograph.Label).ToHashSet();
        var missing = all.FirstOrDefault(photograph => !remaining.Contains(photograph.Label));
        if (all.Count > 0 && missing is null)
        {
            return;
        }

        var empty = missing is null ? $"'{Source.Name}'" : $"Class '{Source.Labels[missing.Label].Id}' of '{Source.Name}'";
        var reasons = learned.Unreadable.Select(reason => $"left out: {reason}").Concat(copies);
        throw new DataSetException(string.Join(
            ' ', reasons.Prepend($"{empty} has no photograph left to learn from. Add photographs. What was found:")));
    }
}
