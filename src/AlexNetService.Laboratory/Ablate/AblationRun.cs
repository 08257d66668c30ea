using AlexNetService.Training.Network;

namespace AlexNetService.Laboratory.Ablate;

/// <summary>Does single runs of a plan: begins one, continues it, or reads its outcome.</summary>
internal sealed class AblationRun(AblationPlan plan, DataSets sets, AblationDisplay display, CancellationToken stop)
{
    private static readonly CheckpointPolicy Policy = CheckpointPolicy.Usual with { Keep = 1 };

    private Canvases? heldOut;

    /// <summary>Does a run and measures its last weights, or, without measuring it, ends it after an epoch that is enough.</summary>
    public RunOutcome Of(PlannedRun run, Predicate<EpochResult>? isEnough = null)
    {
        var table = plan.Table(run, sets.Source.Labels.Count);
        if (RunOutcome.Read(run.Folder) is { } there)
        {
            Require(run, there.Seed == run.Seed && there.Recipe == run.Recipe && there.TableSha256 == AblationPlan.HashOf(table)
                && there.DataSetSha256 == sets.Source.Sha256);
            display.Line("already done");
            return there;
        }

        var diverged = false;
        try
        {
            Train(run, table, isEnough ?? (_ => false));
        }
        catch (DivergedException e)
        {
            // Divergence is a result: the variant does not learn at this rate. The other runs continue.
            diverged = true;
            display.Line($"diverged; that is its result: {e.Message}");
        }

        var checkpoints = new CheckpointFolder(run.Folder);
        var kept = checkpoints.Files.Count > 0 ? checkpoints.Newest(TrainingDisplay.Warn) : null;
        var outcome = new RunOutcome
        {
            Name = run.Name,
            Seed = run.Seed,
            Recipe = run.Recipe,
            Table = table.Preset,
            TableSha256 = AblationPlan.HashOf(table),
            Parameters = table.Rows().Sum(row => row.Parameters),
            DataSetSha256 = sets.Source.Sha256,
            Devices = kept?.State.Devices ?? plan.DevicesOf(table),
            Threads = kept?.State.Threads ?? plan.Threads,
            Diverged = diverged,
            Epochs = kept?.State.Epochs ?? [],
            Manifest = kept is null ? null : RunCheckpoint.ManifestOf(kept.State),
        };
        outcome = kept is null || diverged || isEnough is not null ? outcome : Test(kept, run, outcome);
        outcome.Write(run.Folder);
        display.Measured(outcome);
        return outcome;
    }

    private void Train(PlannedRun run, NetworkArchitecture table, Predicate<EpochResult> isEnough)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var training = new TrainingRun(run.Folder, Policy, display, enough.Token);
        display.EpochFinished = EndIfEnough;
        if (!training.IsThere)
        {
            var data = new DataPaths(plan.Data, null);
            training.Start(new InitialNetwork(_ => table), _ => run.Recipe, run.Seed, data, plan.DevicesOf(table), plan.Threads);
        }
        else if (!IsFinished(new CheckpointFolder(run.Folder).Newest(TrainingDisplay.Warn).State))
        {
            training.Resume(state => RequireOwn(run, state), plan.Data, validation: null, devices: null, threads: null);
        }

        stop.ThrowIfCancellationRequested();

        void EndIfEnough(EpochResult result)
        {
            if (isEnough(result))
            {
                enough.Cancel();
            }
        }

        bool IsFinished(TrainingState state)
        {
            RequireOwn(run, state);
            return state.UnderWay is null && (state.Epochs.Count == state.Recipe.Epochs || isEnough(state.Epochs[^1]));
        }
    }

    /// <summary>Tests the last weights: choosing the best epoch on the photographs that judge it would favour noisy runs.</summary>
    private RunOutcome Test(Checkpoint kept, PlannedRun run, RunOutcome outcome)
    {
        TorchRuntime.Prepare(plan.Threads);
        heldOut ??= sets.LoadValidation(plan.Recipe.Share, kept.State.Architecture.Geometry.Canvas, stop);
        using var model = EvaluatedRun.Of(kept, run.Folder, outcome.Devices);
        int[] truth = [.. heldOut.Photographs.Select(photograph => photograph.Label)];
        var byCrops = ModelMeasurement.Of(model, heldOut, truth, CropViews.Counts, keep: [], stop).ByCrops;
        HeldOutAnswers.Write(run.Folder, byCrops[10]);
        return outcome with { OneCrop = ErrorPair.Of(byCrops[1].Errors()), TenCrops = ErrorPair.Of(byCrops[10].Errors()) };
    }

    private void RequireOwn(PlannedRun run, TrainingState state) => Require(
        run,
        state.Seed == run.Seed && state.Recipe == run.Recipe
        && AblationPlan.HashOf(state.Architecture) == AblationPlan.HashOf(plan.Table(run, sets.Source.Labels.Count)));

    private static void Require(PlannedRun run, bool isSame)
    {
        InputException.ThrowIf(
            !isSame,
            $"'{run.Folder}' holds a run of another budget, recipe, layer table or data set. "
            + "Repeat its options, or name another --output.");
    }
}
