using System.Text.Json.Nodes;

namespace AlexNetService.Training.Loop;

/// <summary>
/// A run between two epochs or two steps, in one safetensors file: weights, velocities by the names of their weights, and the state as JSON
/// in the file's metadata. Weights are merged, so a run can continue on other devices. No generator state is stored: every random draw
/// depends only on the seed, the epoch and the step.
/// </summary>
public sealed record Checkpoint(TrainingState State, NamedWeights Weights, IReadOnlyDictionary<string, WeightTensor> Velocities)
{
    private const string StateKey = "alexnet.training-state";

    private const string VelocityPrefix = "velocity.";
    private const string MeanImage = "mean-image";

    /// <summary>Writes the checkpoint atomically, to a file in an existing folder.</summary>
    /// <exception cref="IOException">The disk is full or the folder is not writable; an existing file at the path is unchanged.</exception>
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

    /// <summary>Whether a file is a checkpoint: safetensors with a training state.</summary>
    public static bool Recognises(string path)
    {
        using var file = new BinaryReader(RegularFile.OpenRead(path));
        return file.BaseStream.Length > sizeof(long)
            && file.ReadInt64() is > 0 and <= SafeTensors.LargestHeader and var length
            && file.ReadBytes((int)length).AsSpan().IndexOf(Encoding.UTF8.GetBytes(StateKey)) >= 0;
    }

    /// <summary>Reads a checkpoint and validates all of it.</summary>
    /// <exception cref="InvalidDataException">The file is truncated, damaged, or not a checkpoint.</exception>
    public static Checkpoint Read(string path)
    {
        var file = SafeTensors.Read(path);
        try
        {
            var state = (file.Metadata.TryGetValue(StateKey, out var json)
                ? WithDefaults(json).Deserialize(CheckpointJson.Default.TrainingState)
                : null) ?? throw new InvalidDataException($"'{path}' contains weights but no training state.");
            if (!IsPossible(state))
            {
                throw new InvalidDataException(
                    $"'{path}' contains a training state without epochs, without a step, or with an invalid recipe.");
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
            throw new InvalidDataException($"'{path}' contains an invalid training state: {e.Message}", e);
        }
    }

    private static bool IsPossible(TrainingState state) =>
        state is { Epochs: not null, Recipe: not null }
        && state.Recipe.Broken() is null
        && (state.UnderWay is { } epoch
            ? epoch.Steps > 0 && epoch.Images == Math.Min((long)epoch.Steps * state.Recipe.BatchSize, state.TrainingImages)
            : state.Epochs.Count > 0);

    /// <summary>
    /// Adds the defaults of fields that the recipe of an older run lacks, since that run trained with them. The source-generated reader
    /// would set the fields to 0 or false.
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

[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(TrainingState))]
[JsonSerializable(typeof(TrainingRecipe))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
