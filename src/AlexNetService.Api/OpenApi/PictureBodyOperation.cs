using System.Globalization;
using System.Text.Json.Nodes;
using AlexNetService.Api.Batch;
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
        var endpoint = context.ApiDescription.ActionDescriptor.EndpointMetadata;
        if (endpoint.OfType<PictureBodyMetadata>().FirstOrDefault() is not { } body)
        {
            return;
        }

        operation.RequestBody = body.Many
            ? new OpenApiRequestBody
            {
                Required = true,
                Description = "The pictures, each as a form field.",
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    [PictureBody.Multipart] = Form(BatchBody.Field, new OpenApiSchema { Type = JsonSchemaType.Array, Items = File() }),
                },
            }
            : new OpenApiRequestBody
            {
                Required = true,
                Description = "One picture: as a form field, or as the raw body.",
                Content = PictureBody.RawTypes
                    .Select(type => (Type: type, Content: new OpenApiMediaType { Schema = File() }))
                    .Prepend((Type: PictureBody.Multipart, Content: Form(PictureBody.Field, File())))
                    .ToDictionary(content => content.Type, content => content.Content),
            };
        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>())
        {
            (parameter.Description, parameter.Schema) = Describe(parameter.Name, body);
        }
    }

    private static OpenApiMediaType Form(string field, OpenApiSchema schema) => new()
    {
        Schema = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Required = new HashSet<string> { field },
            Properties = new Dictionary<string, IOpenApiSchema> { [field] = schema },
        },
    };

    private static OpenApiSchema File() => new() { Type = JsonSchemaType.String, Format = "binary" };

    private static (string Description, OpenApiSchema Schema) Describe(string? parameter, PictureBodyMetadata body) => parameter switch
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
            Default = body.Crops,
        }),
        "models" when body.OneModel => ("Name of one model; left out, the first of the default ensemble answers.", new OpenApiSchema
        {
            Type = JsonSchemaType.String,
        }),
        "models" => ("Names of models with the same labels, separated by commas; left out, the default ensemble answers.", new OpenApiSchema
        {
            Type = JsonSchemaType.String,
        }),
        "normalise" => ("Whether the vector is divided by its length.", new OpenApiSchema { Type = JsonSchemaType.Boolean, Default = false }),
        _ => ("Whether each model's own predictions are added.", new OpenApiSchema { Type = JsonSchemaType.Boolean, Default = false }),
    };
}
