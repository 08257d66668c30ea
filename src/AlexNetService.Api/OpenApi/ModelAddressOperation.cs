using AlexNetService.ModelSpec.Package;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace AlexNetService.Api.OpenApi;

/// <summary>Documents a model's name and version where they stand in the address.</summary>
internal sealed class ModelAddressOperation : IOperationFilter
{
    private const string Version = "version";

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>().Where(each => each is { In: ParameterLocation.Path, Name: "name" }))
        {
            parameter.Description = "Name of a model; under /v2 also of an ensemble. /v1/models lists both.";
            parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = $"^{PackageName.Pattern}$" };
            parameter.Example = "alexnet";
        }

        if (context.ApiDescription.RelativePath?.Contains($"{{{Version}}}", StringComparison.Ordinal) != true)
        {
            return;
        }

        // The handlers read it from the address themselves, so nobody has described it yet.
        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter
        {
            Name = Version,
            In = ParameterLocation.Path,
            Required = true,
            Description = "The version that is served; of an ensemble 1.",
            Schema = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^[1-9][0-9]*$" },
            Example = "1",
        });
    }
}
