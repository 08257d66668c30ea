using AlexNetService.ModelSpec.Package;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace AlexNetService.Api.OpenApi;

/// <summary>
/// Documents the name and version of a model in an address, with a model that is served as the example, so that "Try it out" works as it
/// stands; and answers that are files, and their headers.
/// </summary>
internal sealed class RouteOperation(ServedModels served) : IOperationFilter
{
    private const string Version = "version";

    private const string Nobody = "alexnet";

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        using var lease = served.Enter();
        var example = lease?.Snapshot.Default.Members[0].Session.Card;
        operation.Parameters ??= [];
        foreach (var parameter in operation.Parameters.OfType<OpenApiParameter>()
            .Where(each => each is { In: ParameterLocation.Path, Name: "name" }))
        {
            parameter.Description = "Name of a model; under /v2 and for :predict also of an ensemble. /v1/models lists both.";
            parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = $"^{PackageName.Pattern}$" };
            parameter.Example = example?.Name ?? Nobody;
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
                Example = (example?.Version ?? 1).ToString(CultureInfo.InvariantCulture),
            });
        }

        if (context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<OfferedTypes>().FirstOrDefault() is { } offered)
        {
            AddFiles(operation, offered);
        }

        if (context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<ResponseHeaders>().FirstOrDefault() is { } headers
            && operation.Responses?["200"] is OpenApiResponse answer)
        {
            answer.Headers = headers.Headers.ToDictionary(header => header.Key, IOpenApiHeader (header) => new OpenApiHeader
            {
                Description = $"With {headers.Type}. {header.Value.Description}",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, Examples = [header.Value.Example] },
            });
        }
    }

    private static void AddFiles(OpenApiOperation operation, OfferedTypes offered)
    {
        operation.Responses ??= [];
        if (!operation.Responses.TryGetValue("200", out var found) || found is not OpenApiResponse response)
        {
            operation.Responses["200"] = response = new OpenApiResponse { Description = "OK" };
        }

        // The page for browsers is left out: in generated clients every answer could then be a text.
        response.Content ??= new Dictionary<string, OpenApiMediaType>();
        foreach (var type in offered.Types.Where(type => type is not (OfferedTypes.Json or OfferedTypes.Html)))
        {
            response.Content[type] = new OpenApiMediaType { Schema = OpenApiDocument.File() };
        }
    }
}
