using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using AlexNetService.ModelSpec.Architecture;
using Microsoft.AspNetCore.Mvc;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace AlexNetService.Api.OpenApi;

/// <summary>
/// Documents which properties are always there, so that generated clients need no test for null: in answers, those that cannot be null; in
/// requests, those without which a request is refused.
/// </summary>
internal sealed class RequiredProperties : ISchemaFilter
{
    private const string TraceId = "traceId";

    /// <summary>Types whose nullable properties do not say what is required.</summary>
    private static readonly Dictionary<Type, string[]> Named = new()
    {
        [typeof(InferRequest)] = ["inputs"],
        [typeof(RequestInput)] = ["name", "shape", "datatype"],
        [typeof(RequestOutput)] = ["name"],

        // The error of a picture in a batch has no type and no traceId.
        [typeof(ProblemDetails)] = ["title", "status", "detail"],
    };

    private readonly NullabilityInfoContext nullability = new();

    public void Apply(IOpenApiSchema schema, SchemaFilterContext context)
    {
        if (schema is not OpenApiSchema { Properties: { Count: > 0 } properties } described)
        {
            return;
        }

        if (context.Type == typeof(ProblemDetails))
        {
            properties[TraceId] = new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Description = $"Identifies the request in the log and in traces; the same as {RequestId.Header}.",
            };
        }

        // A layer has further properties, depending on its kind.
        described.AdditionalPropertiesAllowed |= context.Type == typeof(Layer);
        var names = Named.GetValueOrDefault(context.Type) ?? [.. context.Type.GetProperties().Where(IsAlwaysWritten).Select(NameOf)];
        described.Required ??= new HashSet<string>();
        described.Required.UnionWith(names.Where(properties.ContainsKey));
    }

    private bool IsAlwaysWritten(PropertyInfo property) =>
        nullability.Create(property).ReadState == NullabilityState.NotNull
        && property.GetCustomAttribute<JsonIgnoreAttribute>() is null;

    private static string NameOf(PropertyInfo property) =>
        property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(property.Name);
}
