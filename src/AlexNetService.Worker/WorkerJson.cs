using System.Text.Json;
using System.Text.Json.Serialization;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Loop;
using AlexNetService.Worker.Ablate;
using AlexNetService.Worker.Evaluate;
using AlexNetService.Worker.Train;

namespace AlexNetService.Worker;

/// <summary>What the worker writes as JSON.</summary>
[JsonSerializable(typeof(EpochResult))]
[JsonSerializable(typeof(TrainingRecipe))]
[JsonSerializable(typeof(TrainingResult))]
[JsonSerializable(typeof(TrainingManifest))]
[JsonSerializable(typeof(EvaluationReport))]
[JsonSerializable(typeof(RunOutcome))]
[JsonSerializable(typeof(AblationReport))]
[JsonSerializable(typeof(int[][]))]
internal sealed partial class WorkerJson : JsonSerializerContext
{
    /// <summary>One object a line, camelCase.</summary>
    public static WorkerJson Line { get; } = new(new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase });

    /// <summary>For files that people read as well, and that are read back: camelCase, what is null left out.</summary>
    public static WorkerJson Indented { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    });

    /// <summary>The same, and what is null says so: a table's columns are all there.</summary>
    public static WorkerJson Whole { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    });
}
