using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AlexNetService.Training.Data.Preparation;

/// <summary>How the files of a preparation are written as JSON: camelCase, indented, class names readable.</summary>
[JsonSerializable(typeof(PreparationPlan))]
[JsonSerializable(typeof(PreparedStatistics))]
internal sealed partial class PreparationJson : JsonSerializerContext
{
    public static PreparationJson Format { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        IgnoreReadOnlyProperties = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
