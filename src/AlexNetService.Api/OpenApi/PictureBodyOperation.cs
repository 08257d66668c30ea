using System.Globalization;
using System.Text.Json.Nodes;
using AlexNetService.Api.Batch;
using AlexNetService.Api.Classify;
using AlexNetService.Api.Explain;
using AlexNetService.ModelSpec.Package;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace AlexNetService.Api.OpenApi;

/// <summary>
/// Documents endpoints that read a picture from the body themselves: each media type as a file, so that "Try it out" uploads one,
/// and the query parameters with the types that are behind their text. Their examples stand in the schemas: Swagger UI would send
/// examples of the parameters themselves, such as names of models that there are not.
/// </summary>
/// <param name="limits">What a request may hold.</param>
internal sealed class PictureBodyOperation(IOptions<ClassifyOptions> limits) : IOperationFilter
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
                Description = $"The pictures, each as a form field: at most {limits.Value.MaxBatchImages}, "
                    + $"at most {Bytes(limits.Value.MaxBatchBytes)} in all.",
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    [PictureBody.Multipart] = Form(BatchBody.Field, new OpenApiSchema { Type = JsonSchemaType.Array, Items = File() }),
                },
            }
            : new OpenApiRequestBody
            {
                Required = true,
                Description = $"One picture: as a form field, or as the raw body. At most {Bytes(limits.Value.MaxBodyBytes)}.",
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

    private static string Bytes(int count) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} bytes");

    private static OpenApiSchema File() => new() { Type = JsonSchemaType.String, Format = "binary" };

    private static (string Description, OpenApiSchema Schema) Describe(string? parameter, PictureBodyMetadata body) => parameter switch
    {
        "top" => ("Predictions wanted; all classes where there are fewer.", new OpenApiSchema
        {
            Type = JsonSchemaType.Integer,
            Minimum = "1",
            Maximum = ClassifyQuery.MaxTop.ToString(CultureInfo.InvariantCulture),
            Default = ClassifyQuery.DefaultTop,
            Examples = [3],
        }),
        "crops" => ("Crops averaged: the centre, or corners, centre and their mirrors.", new OpenApiSchema
        {
            Type = JsonSchemaType.Integer,
            Enum = [JsonValue.Create(1), JsonValue.Create(10)],
            Default = body.Crops,
            Examples = [1],
        }),
        "models" when body.OneModel => ("Name of one model; left out, the first of the default ensemble answers.", new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Pattern = $"^{PackageName.Pattern}$",
            Examples = ["alexnet"],
        }),
        "models" => ("Names of models with the same labels, separated by commas; left out, the default ensemble answers.", new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Pattern = $"^{PackageName.Pattern}( *, *{PackageName.Pattern})*$",
            Examples = ["alexnet-one,alexnet-two"],
        }),
        "class" => ("Index of the class, below the number of classes; left out, the most probable one.", Whole(from: 0, example: 7)),
        "window" => ("Side of the square, in pixels, at most the crop's; left out, a fifth of the crop.", Whole(from: 1, example: 45)),
        "stride" => (
            $"Pixels from one place to the next, at most the crop's side; left out, there are 100 to 170 places. At most {ExplainQuery.MaxPlaces} places.",
            Whole(from: 1, example: 15)),
        "overlay" => ("Whether the JSON holds the picture too.", Switch()),
        "normalise" => ("Whether the vector is divided by its length.", Switch()),
        _ => ("Whether each model's own predictions are added.", Switch()),
    };

    private static OpenApiSchema Whole(int from, int example) => new()
    {
        Type = JsonSchemaType.Integer,
        Minimum = from.ToString(CultureInfo.InvariantCulture),
        Examples = [example],
    };

    private static OpenApiSchema Switch() => new() { Type = JsonSchemaType.Boolean, Default = false, Examples = [true] };
}
