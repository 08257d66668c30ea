using System.Numerics;

namespace AlexNetService.Training.Runs;

/// <summary>A run from its data set to its final test, in the run's folder.</summary>
public sealed class TrainingRun(string folder, CheckpointPolicy policy, TrainingDisplay display, CancellationToken stop)
{
    private const string MetricsFile = "metrics.jsonl";
    private const string ResultFile = "result.json";

    private readonly CheckpointFolder checkpoints = new(folder) { Policy = policy };
    private readonly TensorBoardEvents events = new(folder);

    /// <summary>
    /// The processes that train together; by default this one alone. All must see the data and the run's folder; the first alone writes.
    /// </summary>
    public Ranks Ranks { get; init; } = new();

    /// <summary>Whether the folder holds a run.</summary>
    public bool IsThere => checkpoints.Files.Count > 0;

    /// <summary>
    /// Tests the weights of the best epoch on the held-out photographs with ten crops, after the last epoch; gives null if none are held
    /// out. Without it the run ends untested.
    /// </summary>
    public Func<Checkpoint, Canvases, ErrorRates?>? FinalTest { get; init; }

    /// <summary>
    /// Begins a run and trains it. True if the run is done; false if it was stopped and can continue. <paramref name="recipeFor"/> gives
    /// the recipe for a number of photographs; threads are those of one operation.
    /// </summary>
    /// <exception cref="InputException">
    /// The folder already holds a run or cannot be written, or the recipe breaks a rule.
    /// </exception>
    public bool Start(
        InitialNetwork initial, Func<int, TrainingRecipe> recipeFor, int seed, DataPaths data, string devices, int threads)
    {
        TorchRuntime.Prepare(threads);
        if (recipeFor(1).Broken() is { } reason)
        {
            throw new InputException(reason);
        }

        // The preset must exist and describe a network, before any photograph is read.
        _ = initial.Table(2);
        using var sets = DataSets.Open(data);
        var recipe = recipeFor(sets.Source.Photographs.Count);
        var architecture = initial.Table(sets.Source.Labels.Count);
        var placement = ColumnPlacement.Parse(devices, architecture.Columns);
        WarnOfSlowPrecision(recipe, devices);
        using var held = Ranks.IsFirst ? RunLock.Take(folder) : null;
        RequireNew(initial, sets, recipe);
        var (prepared, survey) = sets.Prepare(recipe, architecture.Geometry.Canvas, withCopies: false, stop);
        display.Found(initial.Trained is null && survey.FewForRandomWeights() is { } warning
            ? survey with { Findings = [.. survey.Findings, warning] }
            : survey);
        var colours = Ranks.IsFirst ? ColourStatistics.Of(prepared.Training, stop) : ColourStatistics.OfMean([0, 0, 0], architecture);
        if (initial.Trained is { } trained)
        {
            colours = colours with { Mean = trained.Mean.Mean, MeanImage = trained.Mean.MeanImage };
        }

        colours = recipe.SubtractMean ? colours : colours with { Mean = [0, 0, 0], MeanImage = null };
        var state = new TrainingState
        {
            Architecture = architecture,
            Recipe = recipe,
            Seed = seed,
            Labels = sets.Source.Labels,
            Colours = architecture.MeanImage ? colours : colours with { MeanImage = null },
            DataSet = sets.Source.Name,
            DataSetPath = Path.GetFullPath(data.Training),
            DataSetSha256 = sets.Source.Sha256,
            HeldOut = sets.HeldOut,
            TrainingImages = prepared.Training.Photographs.Count,
            ValidationImages = prepared.Validation.Photographs.Count,
            Devices = devices,
            Threads = threads,
            LeavesOutCopies = true,
            BegunWith = initial.Trained?.Manifest,
            BegunFrom = initial.Trained?.Origin,
            Started = TimeProvider.System.GetUtcNow(),
        };
        state = AsFirst(state);
        var weights = !Ranks.IsFirst ? null
            : initial.Knows(sets.Source) ? initial.Trained?.Weights
            : initial.Trained is { } other ? ClassifierFit.Of(
                other.Weights, architecture, prepared.Training, state.Colours, recipe.BalancedClasses, placement, stop)
            : null;
        using var trainer = new Trainer(
            state, prepared, placement, checkpoints, TimeProvider.System, display, weights, velocities: null, Ranks);
        return Train(trainer, prepared.Validation);
    }

    /// <summary>Continues a run from its newest readable checkpoint.</summary>
    /// <param name="refuse">Throws if the run is not the one that was asked for.</param>
    /// <param name="data">Where the training set is now, or null if it has not moved.</param>
    /// <param name="validation">Where the held-out set is now, or null if it has not moved.</param>
    /// <param name="devices">Devices of the columns, or null for the run's own.</param>
    /// <param name="threads">Threads of one operation, or null for the run's own.</param>
    /// <param name="epochs">Number of epochs, the run's own or more; null for the run's own.</param>
    /// <returns>True if the run is done; false if it was stopped and can continue.</returns>
    /// <exception cref="InputException">
    /// There is no readable checkpoint, a data set differs from the run's, the folder cannot be written, or the schedule does not permit
    /// more epochs.
    /// </exception>
    public bool Resume(
        Action<TrainingState> refuse, string? data, string? validation, string? devices, int? threads, int? epochs = null)
    {
        // Locking would create a folder that does not exist.
        using var held = IsThere && Ranks.IsFirst ? RunLock.Take(folder) : null;
        var checkpoint = checkpoints.Newest(TrainingDisplay.Warn);
        var state = checkpoint.State;
        refuse(state);
        state = state with { Recipe = state.Recipe with { Epochs = RequirePossible(epochs ?? state.Recipe.Epochs, state.Recipe) } };
        var paths = new DataPaths(data ?? state.DataSetPath, validation ?? state.HeldOut?.Path);
        if (state.IsDone && File.Exists(Path.Combine(folder, ResultFile)))
        {
            if ((data ?? validation) is not null)
            {
                using var named = DataSets.Open(paths);
                named.RequireSameAs(state);
            }

            display.AlreadyDone(state, folder);
            return true;
        }

        try
        {
            using var sets = DataSets.Open(paths);
            sets.RequireSameAs(state);
            state = state with
            {
                Devices = devices ?? state.Devices ?? "cpu",
                Threads = threads ?? state.Threads ?? Environment.ProcessorCount,
                DataSetPath = Path.GetFullPath(paths.Training),
                HeldOut = sets.HeldOut,
            };
            TorchRuntime.Prepare(state.Threads.Value);
            var placement = ColumnPlacement.Parse(state.Devices, state.Architecture.Columns);
            var (prepared, _) = sets.Prepare(state.Recipe, state.Architecture.Geometry.Canvas, !state.LeavesOutCopies, stop);
            RequireAsMany(prepared, state);
            state = AsFirst(state);
            using var trainer = new Trainer(
                state, prepared, placement, checkpoints, TimeProvider.System, display, checkpoint.Weights, checkpoint.Velocities, Ranks);
            return Train(trainer, prepared.Validation);
        }
        catch (OperationCanceledException)
        {
            display.Resumable(state, folder);
            return false;
        }
    }

    /// <summary>
    /// The state of the first rank. Requires that all ranks have the same program, data, recipe and progress; only the devices, the threads
    /// and the paths are each rank's own.
    /// </summary>
    /// <exception cref="InputException">Something differs; the message names it.</exception>
    private TrainingState AsFirst(TrainingState state)
    {
        if (Ranks.IsAlone)
        {
            return state;
        }

        InputException.ThrowIf(
            state.Recipe.BatchSize < Ranks.Count,
            $"A batch of {state.Recipe.BatchSize} photographs is too small for {Ranks.Count} ranks. "
            + "Start fewer, or name a larger --batch-size.");
        string[] own =
        [
            nameof(state.Colours), nameof(state.DataSetPath), nameof(state.HeldOut), nameof(state.Devices), nameof(state.Threads),
            nameof(state.Started), nameof(state.Recipe), nameof(state.Epochs), nameof(state.UnderWay),
        ];
        var whole = JsonSerializer.SerializeToElement(state, CheckpointJson.Default.TrainingState);
        var facts = whole.EnumerateObject().Where(entry => !own.Contains(entry.Name, StringComparer.Ordinal))
            .Concat(whole.GetProperty(nameof(state.Recipe)).EnumerateObject())
            .Select(entry => (entry.Name, entry.Value.GetRawText()));
        Ranks.RequireSame(
        [
            ("vector width", $"{Vector<float>.Count}"),
            ("held-out data set", state.HeldOut?.Sha256 ?? "none"),
            ("checkpoint", RunCheckpoint.Place(state)),
            .. facts,
        ]);
        var first = JsonSerializer.Deserialize(
            Ranks.FromFirst(JsonSerializer.Serialize(state, CheckpointJson.Default.TrainingState)), CheckpointJson.Default.TrainingState);
        if (state.Colours.MeanImage is { } image)
        {
            Ranks.FromFirst(image);
        }

        return (first ?? state) with
        {
            Colours = (first ?? state).Colours with { MeanImage = state.Colours.MeanImage },
            Devices = state.Devices,
            Threads = state.Threads,
        };
    }

    /// <summary>Requires that a run can end after a number of epochs.</summary>
    private int RequirePossible(int epochs, TrainingRecipe recipe)
    {
        var reason = epochs == recipe.Epochs ? null
            : !LearningRates.BearMoreEpochs(recipe.Schedule)
                ? $"the run has {recipe.Epochs}, and its {recipe.Schedule} schedule depends on their number. "
                    + $"Begin another run with its weights: --from \"{folder}\"."
            : epochs < recipe.Epochs ? $"the run has {recipe.Epochs}, and epochs can only be added."
            : recipe.Patience > 0 ? $"the run ends early, after {recipe.Patience} epochs without a lower error (--patience)."
            : (recipe with { Epochs = epochs }).Broken();
        return reason is null ? epochs : throw new InputException($"--epochs cannot change on --resume; {reason}");
    }

    private void RequireNew(InitialNetwork initial, DataSets sets, TrainingRecipe recipe)
    {
        if (checkpoints.NewestFile is { } newest)
        {
            throw new InputException($"'{folder}' already holds a run ('{newest}'). Use --resume to continue it, or another --output.");
        }

        if (initial.Seen(sets.Source, recipe.Share) is > 0 and var seen)
        {
            TrainingDisplay.Warn(
                $"the initial weights learned from {seen} of the photographs that are held out now; errors on those will be too small.");
        }
    }

    private bool Train(Trainer trainer, Canvases heldOut)
    {
        display.Begin(trainer.State, folder);
        try
        {
            display.While(() => trainer.Run(
                result =>
                {
                    if (Ranks.IsFirst)
                    {
                        WriteMetrics(trainer.State.Epochs);
                        events.EpochDone(result);
                    }

                    display.EpochDone(result);
                },
                stop));
            if (FinalTest is not null)
            {
                Finish(trainer, FinalTest, heldOut);
            }

            return true;
        }
        catch (OperationCanceledException) when (IsThere)
        {
            display.Resumable(trainer.State, folder);
            return false;
        }
        catch (DataSetException) when (IsThere)
        {
            display.Resumable(trainer.State, folder);
            throw;
        }
    }

    private static void WarnOfSlowPrecision(TrainingRecipe recipe, string devices)
    {
        if (recipe.Precision == ComputePrecision.Bf16 && devices.Contains("cpu", StringComparison.Ordinal) && !TorchRuntime.CpuHasBfloat16)
        {
            TrainingDisplay.Warn(
                "this CPU has no bfloat16 arithmetic (AVX512-BF16 or AMX): bf16 works here, but is slower than --precision fp32.");
        }
    }

    private void Finish(Trainer trainer, Func<Checkpoint, Canvases, ErrorRates?> test, Canvases heldOut)
    {
        var state = trainer.State;
        var best = Best(trainer);
        var (tested, errors) = (best.State, test(best, heldOut));
        if (!Ranks.IsFirst)
        {
            return;
        }

        var result = new TrainingResult(
            state.Recipe.Epochs,
            tested.Epochs.Count,
            tested.HeldOut?.Name ?? tested.DataSet,
            tested.ValidationImages,
            Crops: 10,
            errors?.Top1,
            errors?.Top5);
        WholeFile.Write(Path.Combine(folder, ResultFile), JsonSerializer.SerializeToUtf8Bytes(result, RunJson.Indented.TrainingResult));
        display.Done(state, result, folder);
    }

    /// <summary>The best checkpoint. Other ranks get its weights from the first, whose files they may not see yet.</summary>
    private Checkpoint Best(Trainer trainer)
    {
        var best = Ranks.IsFirst
            ? checkpoints.Finished(CheckpointChoice.Best, TrainingDisplay.Warn)
            : new Checkpoint(trainer.State, trainer.Weights(), new Dictionary<string, WeightTensor>());
        foreach (var shape in best.State.Architecture.Weights())
        {
            Ranks.FromFirst(best.Weights[shape.Name].Values);
        }

        return best;
    }

    /// <summary>The order of an epoch depends on the number of photographs: one that broke meanwhile would change it.</summary>
    private static void RequireAsMany(TrainingData prepared, TrainingState state)
    {
        var (learned, heldOut) = (prepared.Training.Photographs.Count, prepared.Validation.Photographs.Count);
        InputException.ThrowIf(
            (learned, heldOut) != (state.TrainingImages, state.ValidationImages),
            $"'{state.DataSet}' has {learned} readable photographs to learn from and {heldOut} held out; "
            + $"the run began with {state.TrainingImages} and {state.ValidationImages}. Restore the unreadable ones.");
    }

    private void WriteMetrics(IReadOnlyList<EpochResult> epochs)
    {
        var lines = epochs.Select(epoch => JsonSerializer.Serialize(epoch, RunJson.Line.EpochResult) + "\n");
        WholeFile.Write(Path.Combine(folder, MetricsFile), Encoding.UTF8.GetBytes(string.Concat(lines)));
    }
}

/// <summary>The final test of a run, as <c>result.json</c> has it: the weights of the best epoch, ten crops.</summary>
/// <param name="Epochs">Epochs of the run.</param>
/// <param name="BestEpoch">The epoch that was tested, from 1.</param>
/// <param name="DataSet">Name of the data set whose photographs were held out.</param>
/// <param name="Images">Photographs held out.</param>
/// <param name="Crops">Views averaged for each photograph.</param>
/// <param name="Top1Error">Share whose label is not the first prediction, 0 to 1; null if none were held out.</param>
/// <param name="Top5Error">Share whose label is not among the first five, 0 to 1; null if none were held out.</param>
public sealed record TrainingResult(
    int Epochs, int BestEpoch, string DataSet, int Images, int Crops, double? Top1Error, double? Top5Error);
