using System.Text.Json.Serialization;
using AlexNetService.Laboratory.Ablate;

namespace AlexNetService.Laboratory;

/// <summary>JSON of the experiments' files, camelCase and indented; nulls are written, so that a table has all its columns.</summary>
[JsonSerializable(typeof(TrainingManifest))]
[JsonSerializable(typeof(RunOutcome))]
[JsonSerializable(typeof(AblationReport))]
internal sealed partial class LaboratoryJson : JsonSerializerContext
{
    /// <summary>The only settings.</summary>
    public static LaboratoryJson Whole { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    });
}
