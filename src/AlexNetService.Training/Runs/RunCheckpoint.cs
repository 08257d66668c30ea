using System.Reflection;
using TorchSharp;

namespace AlexNetService.Training.Runs;

/// <summary>A checkpoint to measure or publish, and what there is to say about it.</summary>
public static class RunCheckpoint
{
    /// <summary>
    /// Opens the checkpoint that <c>--run</c> and <c>--checkpoint</c> name: an epoch of a run's folder, or a checkpoint file.
    /// </summary>
    /// <exception cref="InputException">There is no readable checkpoint of a finished epoch.</exception>
    /// <exception cref="InvalidDataException">The file is truncated, damaged, or not a checkpoint.</exception>
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

    /// <summary>How far a run is, in words.</summary>
    public static string Place(TrainingState state)
    {
        var steps = (state.TrainingImages + state.Recipe.BatchSize - 1) / state.Recipe.BatchSize;
        return state.UnderWay is { } epoch
            ? $"in epoch {state.Epochs.Count + 1}, after step {epoch.Steps} of {steps}"
            : $"after epoch {state.Epochs.Count}";
    }

    /// <summary>How a run's weights were trained, as a package's card tells it.</summary>
    public static TrainingManifest ManifestOf(TrainingState state) => new()
    {
        Recipe = JsonSerializer.SerializeToElement(state.Recipe, RunJson.Line.TrainingRecipe),
        Seed = state.Seed,
        DataSet = state.DataSet,
        DataSetSha256 = state.DataSetSha256,
        TrainingImages = state.TrainingImages,
        ValidationImages = state.ValidationImages,
        Epochs = state.Epochs.Count,
        StepsBeyond = state.UnderWay?.Steps,
        BegunWith = state.BegunWith,
        BegunFrom = state.BegunFrom,
        Started = state.Started,
        Finished = state.UnderWay?.Saved ?? state.Epochs[^1].Finished,
        Software = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["AlexNetService"] = VersionOf(typeof(RunCheckpoint)),
            ["TorchSharp"] = VersionOf(typeof(torch)),
            [".NET"] = RuntimeInformation.FrameworkDescription,
        },
    };

    /// <summary>The recipe of a package's network, or null if its card has none that this software can read.</summary>
    public static TrainingRecipe? RecipeOf(TrainingManifest? training)
    {
        try
        {
            return training?.Recipe is { ValueKind: JsonValueKind.Object } recipe
                ? recipe.Deserialize(RunJson.Line.TrainingRecipe)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string VersionOf(Type type) =>
        type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
}
