using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Weights;

namespace AlexNetService.Training.Loop;

/// <summary>
/// A run between two epochs or between two steps, in one safetensors file: weights, velocities, and the state as JSON in its metadata.
/// Weights are in merged form, so a run can go on over other devices. There is no generator to keep: what is drawn follows from the
/// seed, the epoch and the step.
/// </summary>
/// <param name="State">The state.</param>
/// <param name="Weights">The weights.</param>
/// <param name="Velocities">The velocities of the weights, by the same names.</param>
public sealed record Checkpoint(TrainingState State, NamedWeights Weights, IReadOnlyDictionary<string, WeightTensor> Velocities)
{
    /// <summary>Where the metadata of a checkpoint's file holds the state; no other file has it.</summary>
    public const string StateKey = "alexnet.training-state";

    private const string VelocityPrefix = "velocity.";
    private const string MeanImage = "mean-image";

    /// <summary>Writes the checkpoint whole or not at all.</summary>
    /// <param name="path">Where it goes; its folder is there.</param>
    /// <exception cref="IOException">The disk is full or the folder cannot be written; an earlier file at the path is untouched.</exception>
    public void Write(string path)
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

        var state = JsonSerializer.Serialize(State, CheckpointJson.Default.TrainingState);
        new SafeTensors(tensors, new Dictionary<string, string>(StringComparer.Ordinal) { [StateKey] = state }).Write(path);
    }

    /// <summary>Reads a checkpoint and checks it whole.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">It is truncated, damaged, or no checkpoint.</exception>
    public static Checkpoint Read(string path)
    {
        var file = SafeTensors.Read(path);
        try
        {
            var state = file.Metadata.TryGetValue(StateKey, out var json)
                ? WithDefaults(json).Deserialize(CheckpointJson.Default.TrainingState)
                : null;
            if (state is null)
            {
                throw new InvalidDataException($"'{path}' holds weights but no training state.");
            }

            if (!IsPossible(state))
            {
                throw new InvalidDataException($"'{path}' holds a training state without epochs, without a step, or with an impossible recipe.");
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

    private static bool IsPossible(TrainingState state) =>
        state is { Epochs: not null, Recipe: not null }
        && state.Recipe.Broken() is null
        && (state.UnderWay is { } epoch
            ? epoch.Steps > 0 && epoch.Images == Math.Min((long)epoch.Steps * state.Recipe.BatchSize, state.TrainingImages)
            : state.Epochs.Count > 0);

    /// <summary>
    /// What the recipe of an older run does not say is as it was then, which is the default; the generated reader would make it 0 or
    /// false.
    /// </summary>
    private static JsonNode? WithDefaults(string json)
    {
        var state = JsonNode.Parse(json);
        if (state?[nameof(TrainingState.Recipe)] is JsonObject recipe
            && JsonSerializer.SerializeToNode(new TrainingRecipe(), CheckpointJson.Default.TrainingRecipe) is JsonObject defaults)
        {
            foreach (var (name, value) in defaults.Where(entry => !recipe.ContainsKey(entry.Key)))
            {
                recipe[name] = value?.DeepClone();
            }
        }

        return state;
    }
}

/// <summary>A run that cannot be kept or gone on with.</summary>
public sealed class CheckpointException : Exception
{
    /// <summary>A run that cannot be kept or gone on with.</summary>
    /// <param name="message">What is wrong and what to do.</param>
    /// <param name="cause">The failure underneath, if any.</param>
    public CheckpointException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}

[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(TrainingState))]
[JsonSerializable(typeof(TrainingRecipe))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
