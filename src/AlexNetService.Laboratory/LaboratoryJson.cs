using System.Text.Json.Serialization;
using AlexNetService.Laboratory.Ablate;

namespace AlexNetService.Laboratory;

/// <summary>JSON of the experiments' files, camelCase and indented; nulls are written, so that a table has all its columns.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(TrainingManifest))]
[JsonSerializable(typeof(RunOutcome))]
[JsonSerializable(typeof(AblationReport))]
internal sealed partial class LaboratoryJson : JsonSerializerContext;
