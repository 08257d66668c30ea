using AlexNetService.ModelSpec.Package;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace AlexNetService.Api.OpenApi;

/// <summary>Documents the name and version of a model in an address, and answers that are files.</summary>
internal sealed class RouteOperation : IOperationFilter
{
    private const string Version = "version";

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        operation.Parameters ??= [];
        foreach (var parameter in operation.Parameters.OfType<OpenApiParameter>()
            .Where(each => each is { In: ParameterLocation.Path, Name: "name" }))
        {
            parameter.Description = "Name of a model; under /v2 and for :predict also of an ensemble. /v1/models lists both.";
            parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = $"^{PackageName.Pattern}$" };
            parameter.Example = "alexnet";
        }

        // The handlers read the version from the address themselves, so the generator does not know it.
        if (context.ApiDescription.RelativePath?.Contains($"{{{Version}}}", StringComparison.Ordinal) == true)
        {
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = Version,
                In = ParameterLocation.Path,
                Required = true,
                Description = "The version that is served; 1 for an ensemble.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^[1-9][0-9]*$" },
                Example = "1",
            });
        }

        if (context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<OfferedTypes>().FirstOrDefault() is { } offered)
        {
            AddFiles(operation, offered);
        }
    }

    private static void AddFiles(OpenApiOperation operation, OfferedTypes offered)
    {
        operation.Responses ??= [];
        if (!operation.Responses.TryGetValue("200", out var found) || found is not OpenApiResponse response)
        {
            operation.Responses["200"] = response = new OpenApiResponse { Description = "OK" };
        }

        response.Content ??= new Dictionary<string, OpenApiMediaType>();
        foreach (var type in offered.Types.Where(type => type != OfferedTypes.Json))
        {
            response.Content[type] = new OpenApiMediaType { Schema = OpenApiDocument.File() };
        }
    }
}
