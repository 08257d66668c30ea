using System.Globalization;
using System.Text.Json.Nodes;
using AlexNetService.Api.OpenInference;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace AlexNetService.Api.OpenApi;

/// <summary>
/// Documents the Open Inference Protocol's endpoints where they read the body themselves: tensors as JSON or with bytes behind it, and
/// the header between the two.
/// </summary>
/// <param name="limits">What a request may hold.</param>
internal sealed class TensorBodyOperation(IOptions<OpenInferenceOptions> limits) : IOperationFilter
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
        var metadata = context.ApiDescription.ActionDescriptor.EndpointMetadata;
        if (metadata.OfType<TensorBodyMetadata>().Any())
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(HeaderLength());
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Description = "Crops as the model's metadata says, or encoded photographs: BYTES, in JSON as base64. gzip and deflate are taken. "
                    + $"At most {Bytes(limits.Value.MaxBodyBytes)}, also decompressed; at most {limits.Value.MaxPictures} photographs.",
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
                Description = $"{body.Description} At most {Bytes(RepositoryEndpoint.MaxBodyBytes)}.",
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    [Json] = new() { Schema = new OpenApiSchema { Type = JsonSchemaType.Object }, Example = JsonNode.Parse(body.Example) },
                },
            };
        }
    }

    // An example in the schema and not of the parameter: Swagger UI would send the latter with every request, also with plain JSON.
    private OpenApiParameter HeaderLength() => new()
    {
        Name = InferBody.HeaderLength,
        In = ParameterLocation.Header,
        Description = "Length of the JSON, where bytes of tensors follow it; decompressed. At most that of the body.",
        Schema = new OpenApiSchema
        {
            Type = JsonSchemaType.Integer,
            Minimum = "0",
            Maximum = limits.Value.MaxBodyBytes.ToString(CultureInfo.InvariantCulture),
            Examples = [187],
        },
    };

    private static string Bytes(int count) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} bytes");
}
