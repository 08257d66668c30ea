using System.Text.Json.Nodes;
using AlexNetService.Api.OpenInference;
using AlexNetService.Api.Predict;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace AlexNetService.Api.OpenApi;

/// <summary>
/// Documents the bodies that routes of the Open Inference Protocol read: tensors as JSON, or as JSON followed by bytes with the header
/// that separates them.
/// </summary>
internal sealed class TensorBodyOperation(OpenInferenceOptions limits) : IOperationFilter
{
    // A lemon of 24 × 24 pixels in four colours keeps the base64 short.
    private const string Lemon =
        "iVBORw0KGgoAAAANSUhEUgAAABgAAAAYAgMAAACdGdVrAAAADFBMVEXz8ez64jzsxBSqggpRYGRUAAAAVElEQVR42mNgIAYwOoDJ0KgGIMUaGr"
        + "YASImGhq0AUqGhYavglNbU0KhVKxi0loIphpehWauBcq9WrQJRVqtWrQFSfKtWbQBSzL/WHwAZynyAKBcAAN1JGcVNRrOjAAAAAElFTkSuQmCC";

    private const string Example = $$"""
        {
          "parameters": { "crops": 1 },
          "inputs": [{
            "name": "image", "shape": [1], "datatype": "BYTES",
            "data": ["{{Lemon}}"]
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
                Description = "Crops as the model's metadata describes them, or encoded photographs as BYTES, in JSON as base64. "
                    + "May be compressed with gzip or deflate. "
                    + $"At most {limits.MaxBodyBytes:N0} bytes, also decompressed; at most {limits.MaxPictures} photographs.",
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    [OfferedTypes.Json] = new()
                    {
                        Schema = context.SchemaGenerator.GenerateSchema(typeof(InferRequest), context.SchemaRepository),
                        Example = JsonNode.Parse(Example),
                    },
                    [OfferedTypes.Bytes] = new() { Schema = OpenApiDocument.File() },
                },
            };
        }
        else if (metadata.OfType<PredictBodyMetadata>().Any())
        {
            operation.RequestBody = PredictBody();
            foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>()
                .Where(each => each.In == ParameterLocation.Query))
            {
                (parameter.Description, parameter.Schema) = UploadOperation.Describe(parameter.Name, new UploadMetadata(), [], "");
            }
        }
        else if (metadata.OfType<RepositoryBodyMetadata>().FirstOrDefault() is { } body)
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Description = $"{body.Description} At most {RepositoryEndpoint.MaxBodyBytes:N0} bytes.",
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    [OfferedTypes.Json] = new()
                    {
                        Schema = new OpenApiSchema { Type = JsonSchemaType.Object },
                        Example = JsonNode.Parse(body.Example),
                    },
                },
            };
        }
    }

    private OpenApiRequestBody PredictBody() => new()
    {
        Required = true,
        Description = "Photographs in base64, each as image or directly. May be compressed with gzip or deflate. "
            + $"At most {limits.MaxBodyBytes:N0} bytes, also decompressed; at most {limits.MaxPictures} instances.",
        Content = new Dictionary<string, OpenApiMediaType>
        {
            [OfferedTypes.Json] = new()
            {
                Schema = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Required = new HashSet<string> { "instances" },
                    Properties = new Dictionary<string, IOpenApiSchema>
                    {
                        ["instances"] = new OpenApiSchema
                        {
                            Type = JsonSchemaType.Array,
                            Items = new OpenApiSchema
                            {
                                Type = JsonSchemaType.Object,
                                Properties = new Dictionary<string, IOpenApiSchema> { ["image"] = Base64(), ["b64"] = Text() },
                            },
                        },
                    },
                },
                Example = JsonNode.Parse($$$"""{"instances":[{"image":{"b64":"{{{Lemon}}}"}}]}"""),
            },
        },
    };

    private static OpenApiSchema Base64() => new()
    {
        Type = JsonSchemaType.Object,
        Required = new HashSet<string> { "b64" },
        Properties = new Dictionary<string, IOpenApiSchema> { ["b64"] = Text() },
    };

    private static OpenApiSchema Text() => new() { Type = JsonSchemaType.String, Format = "byte" };

    // The example is part of the schema: Swagger UI would send an example of the parameter with every request, even with plain JSON.
    private OpenApiParameter HeaderLength() => new()
    {
        Name = InferEndpoint.JsonLength,
        In = ParameterLocation.Header,
        Description = "Length of the decompressed JSON, if bytes of tensors follow it. At most the length of the body.",
        Schema = new OpenApiSchema
        {
            Type = JsonSchemaType.Integer,
            Minimum = "0",
            Maximum = limits.MaxBodyBytes.ToString(CultureInfo.InvariantCulture),
            Examples = [187],
        },
    };
}
