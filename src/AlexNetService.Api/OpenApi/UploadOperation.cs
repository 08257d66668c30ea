using System.Globalization;
using System.Text.Json.Nodes;
using AlexNetService.Api.Classify;
using AlexNetService.Api.Explain;
using AlexNetService.Api.Uploads;
using AlexNetService.ModelSpec.Package;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace AlexNetService.Api.OpenApi;

/// <summary>
/// Documents routes that read pictures from the body: each media type as a file, so that "Try it out" uploads one, and the query
/// parameters with their types. Examples are part of the schemas, because Swagger UI would send examples of parameters, such as names
/// of models that do not exist.
/// </summary>
/// <param name="limits">Limits for a request.</param>
internal sealed class UploadOperation(IOptions<ClassifyOptions> limits) : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var endpoint = context.ApiDescription.ActionDescriptor.EndpointMetadata;
        if (endpoint.OfType<UploadMetadata>().FirstOrDefault() is not { } upload)
        {
            return;
        }

        operation.RequestBody = upload.Many
            ? new OpenApiRequestBody
            {
                Required = true,
                Description = $"The pictures, each in a form field: at most {limits.Value.MaxBatchImages}, "
                    + $"at most {Bytes(limits.Value.MaxBatchBytes)} in total.",
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    [UploadBody.Multipart] = Form(
                        UploadBody.FieldOf(many: true), new OpenApiSchema { Type = JsonSchemaType.Array, Items = File() }),
                },
            }
            : new OpenApiRequestBody
            {
                Required = true,
                Description = $"One picture, in a form field or as the raw body: at most {Bytes(limits.Value.MaxBodyBytes)}.",
                Content = UploadBody.RawTypes
                    .Select(type => (Type: type, Content: new OpenApiMediaType { Schema = File() }))
                    .Prepend((Type: UploadBody.Multipart, Content: Form(UploadBody.FieldOf(many: false), File())))
                    .ToDictionary(content => content.Type, content => content.Content),
            };
        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>())
        {
            (parameter.Description, parameter.Schema) = Describe(parameter.Name, upload);
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

    private static string Bytes(int count) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} bytes");

    private static OpenApiSchema File() => new() { Type = JsonSchemaType.String, Format = "binary" };

    private static (string Description, OpenApiSchema Schema) Describe(string? parameter, UploadMetadata upload) => parameter switch
    {
        "top" => ("Number of predictions; at most all classes.", new OpenApiSchema
        {
            Type = JsonSchemaType.Integer,
            Minimum = "1",
            Maximum = ClassifyQuery.MaxTop.ToString(CultureInfo.InvariantCulture),
            Default = ClassifyQuery.DefaultTop,
            Examples = [3],
        }),
        "crops" => ("Crops to average: the centre, or corners, centre and their mirrors.", new OpenApiSchema
        {
            Type = JsonSchemaType.Integer,
            Enum = [JsonValue.Create(1), JsonValue.Create(10)],
            Default = upload.Crops,
            Examples = [1],
        }),
        "models" when upload.OneModel => ("Name of one model; default: the first model of the default ensemble.", new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Pattern = $"^{PackageName.Pattern}$",
            Examples = ["alexnet"],
        }),
        "models" => ("Names of models with the same labels, separated by commas; default: the default ensemble.", new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Pattern = $"^{PackageName.Pattern}( *, *{PackageName.Pattern})*$",
            Examples = ["alexnet-one,alexnet-two"],
        }),
        "class" => ("Index of the class, below the number of classes; default: the most probable class.", Whole(from: 0, example: 7)),
        "window" => ("Side of the square in pixels, at most that of the crop; default: a fifth of the crop.", Whole(from: 1, example: 45)),
        "stride" => (
            "Pixels from one place to the next, at most the side of the crop; default: 100 to 170 places. "
            + $"The limit is {ExplainQuery.MaxPlaces} places.",
            Whole(from: 1, example: 15)),
        "overlay" => ("Whether to add the picture to the JSON.", Switch()),
        "minConfidence" => (
            "Share of right answers from which an answer counts as confident, 0 to 1.",
            new OpenApiSchema
            {
                Type = JsonSchemaType.Number,
                Minimum = "0",
                Maximum = "1",
                Default = ConfidenceTable.UsualShare,
                Examples = [0.95],
            }),
        "normalise" => ("Whether to divide the vector by its length.", Switch()),
        _ => ("Whether to add the predictions of each model.", Switch()),
    };

    private static OpenApiSchema Whole(int from, int example) => new()
    {
        Type = JsonSchemaType.Integer,
        Minimum = from.ToString(CultureInfo.InvariantCulture),
        Examples = [example],
    };

    private static OpenApiSchema Switch() => new() { Type = JsonSchemaType.Boolean, Default = false, Examples = [true] };
}
