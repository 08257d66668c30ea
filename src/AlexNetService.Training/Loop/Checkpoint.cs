using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Weights;

namespace AlexNetService.Training.Loop;

/// <summary>
/// A run after a whole number of epochs, in one safetensors file: weights, velocities, and the state as JSON in its metadata. Weights
/// are in merged form, so a run can go on over other devices.
/// </summary>
/// <param name="State">The state.</param>
/// <param name="Weights">The weights.</param>
/// <param name="Velocities">The velocities of the weights, by the same names.</param>
public sealed record Checkpoint(TrainingState State, NamedWeights Weights, IReadOnlyDictionary<string, WeightTensor> Velocities)
{
    private const string Folder = "checkpoints";
    private const string StateKey = "alexnet.training-state";
    private const string VelocityPrefix = "velocity.";
    private const string MeanImage = "mean-image";
    private const int Kept = 3;

    /// <summary>Writes the checkpoint into a run's folder, whole or not at all, and removes all but the last three.</summary>
    /// <param name="run">The run's folder.</param>
    /// <returns>Path of the file.</returns>
    /// <exception cref="IOException">The disk is full or the folder cannot be written; earlier checkpoints are untouched.</exception>
    public string Save(string run)
    {
        var tensors = new Dictionary<string, WeightTensor>(StringComparer.Ordinal);
        foreach (var shape in State.Architecture.Weights())
        {
            tensors.Add(shape.Name, Weights[shape.Name]);
            tensors.Add(VelocityPrefix + shape.Name, Velocities[shape.Name]);
        }

        if (State.Colours.MeanImage is { } image)
        {
            tensors.Add(MeanImage, new WeightTensor([image.Length], image));
        }

        Directory.CreateDirectory(Path.Combine(run, Folder));
        var path = Path.Combine(run, Folder, string.Create(CultureInfo.InvariantCulture, $"epoch-{State.Epochs.Count:D4}.safetensors"));
        var state = JsonSerializer.Serialize(State, CheckpointJson.Default.TrainingState);
        new SafeTensors(tensors, new Dictionary<string, string>(StringComparer.Ordinal) { [StateKey] = state }).Write(path);
        foreach (var old in Files(run).Skip(Kept))
        {
            File.Delete(old);
        }

        return path;
    }

    /// <summary>A run's checkpoint files, newest first.</summary>
    /// <param name="run">The run's folder.</param>
    public static IReadOnlyList<string> Files(string run)
    {
        var folder = Path.Combine(run, Folder);
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "epoch-*.safetensors").OrderDescending(StringComparer.Ordinal)]
            : [];
    }

    /// <summary>Reads a run's newest good checkpoint; a damaged one is passed over for the one before.</summary>
    /// <param name="run">The run's folder, or a checkpoint file.</param>
    /// <param name="passedOver">Told about each damaged file.</param>
    /// <exception cref="CheckpointException">There is no good checkpoint.</exception>
    public static Checkpoint Newest(string run, Action<string>? passedOver = null)
    {
        var files = File.Exists(run) ? [run] : Files(run);
        foreach (var file in files)
        {
            try
            {
                return Read(file);
            }
            catch (InvalidDataException e)
            {
                passedOver?.Invoke(e.Message);
            }
        }

        throw new CheckpointException(files.Count == 0
            ? $"'{run}' holds no checkpoint. Name the folder that 'alexnet train --output' wrote."
            : $"None of the {files.Count} checkpoints of '{run}' can be read.");
    }

    private static Checkpoint Read(string path)
    {
        var file = SafeTensors.Read(path);
        try
        {
            var state = file.Metadata.TryGetValue(StateKey, out var json)
                ? JsonSerializer.Deserialize(json, CheckpointJson.Default.TrainingState)
                : null;
            if (state is null)
            {
                throw new InvalidDataException($"'{path}' holds weights but no training state.");
            }

            if (state.Epochs is not { Count: > 0 } || state.Recipe.Broken() is not null)
            {
                throw new InvalidDataException($"'{path}' holds a training state without epochs or with an impossible recipe.");
            }

            var velocities = file.Tensors
                .Where(tensor => tensor.Key.StartsWith(VelocityPrefix, StringComparison.Ordinal))
                .ToDictionary(tensor => tensor.Key[VelocityPrefix.Length..], tensor => tensor.Value, StringComparer.Ordinal);
            _ = new NamedWeights(state.Architecture, velocities);
            if (file.Tensors.TryGetValue(MeanImage, out var image))
            {
                state = state with { Colours = state.Colours with { MeanImage = image.Values } };
            }

            return new Checkpoint(state, new NamedWeights(state.Architecture, file.Tensors), velocities);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArchitectureException)
        {
            throw new InvalidDataException($"'{path}' holds a training state that does not fit: {e.Message}", e);
        }
    }
}

/// <summary>A run that cannot be gone on with.</summary>
public sealed class CheckpointException(string message) : Exception(message);

[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(TrainingState))]
[JsonSerializable(typeof(TrainingRecipe))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
