using System.Globalization;
using System.Text.Json.Nodes;
using AlexNetService.Api.Classify;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace AlexNetService.Api.OpenApi;

/// <summary>
/// Documents endpoints that read a picture from the body themselves: each media type as a file, so that "Try it out" uploads one,
/// and the query parameters with the types that are behind their text.
/// </summary>
internal sealed class PictureBodyOperation : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (!context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<PictureBodyMetadata>().Any())
        {
            return;
        }

        var content = new Dictionary<string, OpenApiMediaType>
        {
            [PictureBody.Multipart] = new()
            {
                Schema = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Required = new HashSet<string> { PictureBody.Field },
                    Properties = new Dictionary<string, IOpenApiSchema> { [PictureBody.Field] = File() },
                },
            },
        };
        foreach (var type in PictureBody.RawTypes)
        {
            content[type] = new OpenApiMediaType { Schema = File() };
        }

        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Description = "One picture: as a form field, or as the raw body.",
            Content = content,
        };
        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>())
        {
            (parameter.Description, parameter.Schema) = Describe(parameter.Name);
        }
    }

    private static OpenApiSchema File() => new() { Type = JsonSchemaType.String, Format = "binary" };

    private static (string Description, OpenApiSchema Schema) Describe(string? parameter) => parameter switch
    {
        "top" => ("Predictions wanted; all classes where there are fewer.", new OpenApiSchema
        {
            Type = JsonSchemaType.Integer,
            Minimum = "1",
            Maximum = ClassifyQuery.MaxTop.ToString(CultureInfo.InvariantCulture),
            Default = ClassifyQuery.DefaultTop,
        }),
        "crops" => ("Crops averaged: the centre, or corners, centre and their mirrors.", new OpenApiSchema
        {
            Type = JsonSchemaType.Integer,
            Enum = [JsonValue.Create(1), JsonValue.Create(10)],
            Default = 10,
        }),
        "models" => ("Names of models with the same labels, separated by commas; left out, the default ensemble answers.", new OpenApiSchema
        {
            Type = JsonSchemaType.String,
        }),
        _ => ("Whether each model's own predictions are added.", new OpenApiSchema { Type = JsonSchemaType.Boolean, Default = false }),
    };
}
