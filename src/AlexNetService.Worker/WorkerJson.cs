using System.Text.Json;
using System.Text.Json.Serialization;
using AlexNetService.Training.Loop;
using AlexNetService.Worker.Evaluate;
using AlexNetService.Worker.Train;

namespace AlexNetService.Worker;

/// <summary>What the worker writes as JSON.</summary>
[JsonSerializable(typeof(EpochResult))]
[JsonSerializable(typeof(TrainingRecipe))]
[JsonSerializable(typeof(TrainingResult))]
[JsonSerializable(typeof(MeasuredError[]))]
internal sealed partial class WorkerJson : JsonSerializerContext
{
    /// <summary>One object a line, camelCase.</summary>
    public static WorkerJson Line { get; } = new(new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase });

    /// <summary>For files that people read as well, camelCase.</summary>
    public static WorkerJson Indented { get; } = new(new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true });
}
