using System.Text.Json;
using System.Text.Json.Serialization;
using AlexNetService.Training.Loop;

namespace AlexNetService.Worker;

/// <summary>What the worker writes as JSON.</summary>
[JsonSerializable(typeof(EpochResult))]
[JsonSerializable(typeof(TrainingRecipe))]
internal sealed partial class WorkerJson : JsonSerializerContext
{
    /// <summary>One object a line, camelCase.</summary>
    public static WorkerJson Line { get; } = new(new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase });
}
