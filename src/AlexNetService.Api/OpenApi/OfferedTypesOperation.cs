using AlexNetService.Api.Negotiation;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace AlexNetService.Api.OpenApi;

/// <summary>Documents answers that are no JSON as files.</summary>
internal sealed class OfferedTypesOperation : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<OfferedTypes>().FirstOrDefault() is not { } offered)
        {
            return;
        }

        operation.Responses ??= [];
        if (!operation.Responses.TryGetValue("200", out var found) || found is not OpenApiResponse response)
        {
            operation.Responses["200"] = response = new OpenApiResponse { Description = "OK" };
        }

        response.Content ??= new Dictionary<string, OpenApiMediaType>();
        foreach (var type in offered.Types.Where(type => type != OfferedTypes.Json))
        {
            response.Content[type] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } };
        }
    }
}
