using System.Text.Json;
using System.Text.Json.Serialization;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Runs;
using AlexNetService.Worker.Evaluate;

namespace AlexNetService.Worker;

/// <summary>JSON that the worker writes.</summary>
[JsonSerializable(typeof(EpochResult))]
[JsonSerializable(typeof(TrainingResult))]
[JsonSerializable(typeof(EvaluationReport))]
[JsonSerializable(typeof(int[][]))]
internal sealed partial class WorkerJson : JsonSerializerContext
{
    /// <summary>One object a line, camelCase.</summary>
    public static WorkerJson Line { get; } = new(new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase });

    /// <summary>Indented camelCase without nulls, for files that people and programs read.</summary>
    public static WorkerJson Indented { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    });
}
