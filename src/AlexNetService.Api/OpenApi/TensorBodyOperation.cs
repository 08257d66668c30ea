using System.Text.Json.Nodes;
using AlexNetService.Api.OpenInference;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace AlexNetService.Api.OpenApi;

/// <summary>
/// Documents the Open Inference Protocol's endpoints where they read address and body themselves: the version, tensors as JSON or with
/// bytes behind it, and the header between the two.
/// </summary>
internal sealed class TensorBodyOperation : IOperationFilter
{
    private const string Json = "application/json";

    // Two photographs' worth of base64 would be long; one pixel of GIF is a photograph too.
    private const string Example = """
        {
          "parameters": { "crops": 1 },
          "inputs": [{
            "name": "image", "shape": [1], "datatype": "BYTES",
            "data": ["R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"]
          }],
          "outputs": [{ "name": "probabilities", "parameters": { "classification": 3 } }]
        }
        """;

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (context.ApiDescription.RelativePath?.Contains("{version}", StringComparison.Ordinal) == true)
        {
            Add(operation, "version", ParameterLocation.Path, "The version that is served; of an ensemble 1.");
        }

        var metadata = context.ApiDescription.ActionDescriptor.EndpointMetadata;
        if (metadata.OfType<TensorBodyMetadata>().Any())
        {
            Add(operation, InferBody.HeaderLength, ParameterLocation.Header, "Length of the JSON, where bytes of tensors follow it; decompressed.");
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Description = "Crops as the model's metadata says, or encoded photographs: BYTES, in JSON as base64. gzip and deflate are taken.",
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    [Json] = new()
                    {
                        Schema = context.SchemaGenerator.GenerateSchema(typeof(InferRequest), context.SchemaRepository),
                        Example = JsonNode.Parse(Example),
                    },
                    ["application/octet-stream"] = new() { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } },
                },
            };
        }
        else if (metadata.OfType<RepositoryBodyMetadata>().FirstOrDefault() is { } body)
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Description = body.Description,
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    [Json] = new() { Schema = new OpenApiSchema { Type = JsonSchemaType.Object }, Example = JsonNode.Parse(body.Example) },
                },
            };
        }
    }

    private static void Add(OpenApiOperation operation, string name, ParameterLocation place, string description)
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter
        {
            Name = name,
            In = place,
            Required = place == ParameterLocation.Path,
            Description = description,
            Schema = new OpenApiSchema { Type = place == ParameterLocation.Path ? JsonSchemaType.String : JsonSchemaType.Integer },
        });
    }
}
