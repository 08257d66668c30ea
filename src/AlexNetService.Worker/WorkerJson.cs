using System.Text.Encodings.Web;
using System.Text.Json.Serialization;
using AlexNetService.Worker.Evaluate;

namespace AlexNetService.Worker;

[JsonSerializable(typeof(EpochResult))]
[JsonSerializable(typeof(TrainingResult))]
[JsonSerializable(typeof(EvaluationReport))]
[JsonSerializable(typeof(PhotographAnswer))]
[JsonSerializable(typeof(int[][]))]
internal sealed partial class WorkerJson : JsonSerializerContext
{
    /// <summary>One object a line, camelCase.</summary>
    public static WorkerJson Line { get; } = new(new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase });

    /// <summary>One object a line, camelCase without nulls; letters outside ASCII stay readable.</summary>
    public static WorkerJson Answer { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

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
