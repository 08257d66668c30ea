using System.Text;
using System.Text.Json;
using AlexNetService.ModelSpec.Files;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;
using AlexNetService.Worker.Report;

namespace AlexNetService.Worker.Train;

/// <summary>A run from its data set to its final test.</summary>
/// <param name="folder">The run's folder.</param>
/// <param name="policy">When it is kept, and how much of it.</param>
/// <param name="display">Told about its progress.</param>
/// <param name="stop">Stops it.</param>
internal sealed class TrainingRun(string folder, CheckpointPolicy policy, TrainingDisplay display, CancellationToken stop)
{
    private const string MetricsFile = "metrics.jsonl";
    private const string ResultFile = "result.json";

    private readonly CheckpointFolder checkpoints = new(folder);
    private readonly TensorBoardEvents events = new(folder);

    /// <summary>Whether there is a run to go on with.</summary>
    public bool IsThere => checkpoints.Files.Count > 0;

    /// <summary>Whether the best epoch is tested with ten crops and reported at the end, or left to who asked for the run.</summary>
    public bool HasFinalTest { get; init; } = true;

    /// <summary>Begins a run and trains it.</summary>
    /// <param name="initial">What it begins with.</param>
    /// <param name="recipe">How to learn.</param>
    /// <param name="seed">Seed of all that is drawn.</param>
    /// <param name="data">Where the data sets lie.</param>
    /// <param name="devices">Devices of the columns.</param>
    /// <param name="threads">Threads of one operation.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="InputException">
    /// The folder holds a run already or cannot be written, the recipe breaks a rule, or the initial weights know other classes.
    /// </exception>
    public int Start(InitialNetwork initial, TrainingRecipe recipe, int seed, DataPaths data, string devices, int threads)
    {
        TorchRuntime.Prepare(threads);
        if (recipe.Broken() is { } reason)
        {
            throw new InputException(reason);
        }

        initial.RequirePossible();
        using var sets = DataSets.Open(data);
        var architecture = initial.TableFor(sets.Source);
        var placement = ColumnPlacement.Parse(devices, architecture.Columns);
        WarnOfSlowPrecision(recipe, devices);
        using var held = RunLock.Take(folder);
        if (checkpoints.Files is [var newest, ..])
        {
            throw new InputException($"'{folder}' holds a run already ('{newest}'). Use --resume to go on, or another --output.");
        }

        if (initial.Seen(sets.Source, recipe.Share) is > 0 and var seen)
        {
            TrainingDisplay.Warn($"the initial weights learned from {seen} of the photographs that are held out now; errors on those will be too small.");
        }

        var prepared = sets.Prepare(recipe, architecture.Geometry.Canvas, stop);
        var colours = ColourStatistics.Of(prepared.Training, stop);
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
            BegunWith = initial.Manifest,
            Started = TimeProvider.System.GetUtcNow(),
        };
        var keeper = new CheckpointKeeper(checkpoints, policy, TimeProvider.System);
        using var trainer = new Trainer(state, prepared, placement, keeper, TimeProvider.System, display, initial.Weights);
        return Train(trainer, prepared.Validation);
    }

    /// <summary>Goes on with a run from its newest good checkpoint.</summary>
    /// <param name="refuse">Throws where the run is not what was asked for.</param>
    /// <param name="data">Where the training set lies now, or null for where it lay.</param>
    /// <param name="validation">Where the held-out set lies now, or null likewise.</param>
    /// <param name="devices">Devices of the columns, or null for the run's own.</param>
    /// <param name="threads">Threads of one operation, or null for the run's own.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="CheckpointException">There is no good checkpoint.</exception>
    /// <exception cref="InputException">A data set is another one, or the folder cannot be written.</exception>
    public int Resume(Action<TrainingState> refuse, string? data, string? validation, string? devices, int? threads)
    {
        // Not to make a folder where there is no run, only to lock it.
        using var held = IsThere ? RunLock.Take(folder) : null;
        var checkpoint = checkpoints.Newest(TrainingDisplay.Warn);
        var state = checkpoint.State;
        refuse(state);
        if (state.Epochs.Count == state.Recipe.Epochs && File.Exists(Path.Combine(folder, ResultFile)))
        {
            display.AlreadyDone(state, folder);
            return ExitCode.Done;
        }

        try
        {
            var paths = new DataPaths(data ?? state.DataSetPath, validation ?? state.HeldOut?.Path);
            using var sets = DataSets.Open(paths);
            sets.RequireThoseOf(state);
            state = state with
            {
                Devices = devices ?? state.Devices ?? "cpu",
                Threads = threads ?? state.Threads ?? Environment.ProcessorCount,
                DataSetPath = Path.GetFullPath(paths.Training),
                HeldOut = sets.HeldOut,
            };
            TorchRuntime.Prepare(state.Threads.Value);
            var placement = ColumnPlacement.Parse(state.Devices, state.Architecture.Columns);
            var prepared = sets.Prepare(state.Recipe, state.Architecture.Geometry.Canvas, stop);
            RequireAsMany(prepared, state);
            var keeper = new CheckpointKeeper(checkpoints, policy, TimeProvider.System);
            using var trainer = new Trainer(checkpoint with { State = state }, prepared, placement, keeper, TimeProvider.System, display);
            return Train(trainer, prepared.Validation);
        }
        catch (OperationCanceledException)
        {
            display.Resumable(state, folder);
            return ExitCode.Stopped;
        }
    }

    private int Train(Trainer trainer, Canvases heldOut)
    {
        display.Begin(trainer.State, folder);
        try
        {
            display.While(() => trainer.Run(
                result =>
                {
                    WriteMetrics(trainer.State.Epochs);
                    events.EpochDone(result);
                    display.EpochDone(result);
                },
                stop));
            if (!HasFinalTest)
            {
                return ExitCode.Done;
            }

            var tested = Test(heldOut);
            WholeFile.Write(Path.Combine(folder, ResultFile), JsonSerializer.SerializeToUtf8Bytes(tested, WorkerJson.Indented.TrainingResult));
            display.Done(trainer.State, tested, folder);
            return ExitCode.Done;
        }
        catch (OperationCanceledException) when (IsThere)
        {
            display.Resumable(trainer.State, folder);
            return ExitCode.Stopped;
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
            TrainingDisplay.Warn("this CPU has no bfloat16 arithmetic (AVX512-BF16 or AMX): bf16 is right here, but slower than --precision fp32.");
        }
    }

    /// <summary>The final test of the weights that an export takes, with ten crops, and the report about it.</summary>
    private TrainingResult Test(Canvases heldOut)
    {
        var best = checkpoints.Finished(CheckpointChoice.Best, TrainingDisplay.Warn);
        var state = best.State;
        var measured = heldOut.Photographs.Count == 0 ? null : MeasuredRun.Of(best, folder, heldOut, state.Devices ?? "cpu", stop);
        WholeFile.Write(Path.Combine(folder, ReportCommand.UsualFile), ReportPage.Of(best, measured));
        var errors = measured?.Best.Errors();
        return new TrainingResult(
            state.Recipe.Epochs,
            state.Epochs.Count,
            state.HeldOut?.Name ?? state.DataSet,
            state.ValidationImages,
            Crops: 10,
            errors?.Top1,
            errors?.Top5);
    }

    /// <summary>The order of an epoch follows from the number of photographs, so a photograph that broke since would change it.</summary>
    private static void RequireAsMany(TrainingData prepared, TrainingState state)
    {
        var (learned, heldOut) = (prepared.Training.Photographs.Count, prepared.Validation.Photographs.Count);
        if ((learned, heldOut) != (state.TrainingImages, state.ValidationImages))
        {
            throw new InputException(
                $"{learned} and {heldOut} photographs of '{state.DataSet}' can be read where the run began with {state.TrainingImages} to learn from and {state.ValidationImages} held out. Mend the data set.");
        }
    }

    private void WriteMetrics(IReadOnlyList<EpochResult> epochs)
    {
        var lines = epochs.Select(epoch => JsonSerializer.Serialize(epoch, WorkerJson.Line.EpochResult) + "\n");
        WholeFile.Write(Path.Combine(folder, MetricsFile), Encoding.UTF8.GetBytes(string.Concat(lines)));
    }
}
