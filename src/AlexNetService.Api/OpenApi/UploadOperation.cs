using System.Text.Json.Nodes;
using AlexNetService.Api.Classify;
using AlexNetService.Api.Explain;
using AlexNetService.ModelSpec.Package;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace AlexNetService.Api.OpenApi;

/// <summary>
/// Documents routes that read pictures from the body: each media type as a file, so that "Try it out" uploads one, and the query
/// parameters with their types. Examples are part of the schemas, because Swagger UI would send examples of parameters with every request.
/// They name models that are served.
/// </summary>
internal sealed class UploadOperation(IOptions<ClassifyOptions> options, ServedModels served) : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var endpoint = context.ApiDescription.ActionDescriptor.EndpointMetadata;
        if (endpoint.OfType<UploadMetadata>().FirstOrDefault() is not { } upload)
        {
            return;
        }

        var limits = options.Value;
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Description = upload.Many
                ? $"The pictures, each in a form field: at most {limits.MaxBatchImages}, at most {limits.MaxBatchBytes:N0} bytes in total."
                : $"One picture, as the raw body or in a form field: at most {limits.MaxBodyBytes:N0} bytes. The form may have the "
                    + $"parameters of the query too. JSON such as {{\"{UploadBody.FieldsOf(upload.Many)[0]}\": \"base64\"}} is read like a "
                    + "form; it is no content of its own here, because generated clients would ask for a form and JSON at once.",
            Content = upload.Many
                ? new Dictionary<string, OpenApiMediaType>
                {
                    [UploadBody.Multipart] = Form(upload, new() { Type = JsonSchemaType.Array, Items = OpenApiDocument.File() }),
                }
                : UploadBody.RawTypes
                    .Select(type => (Type: type, Content: new OpenApiMediaType { Schema = OpenApiDocument.File() }))
                    .Prepend((Type: UploadBody.Multipart, Content: Form(upload, OpenApiDocument.File())))
                    .ToDictionary(content => content.Type, content => content.Content),
        };
        using var lease = served.Enter();
        string[] names = lease is null ? ["alexnet-one", "alexnet-two"] : [.. MemberAnswer.Names(lease.Snapshot.Default)];
        var label = lease?.Snapshot.Default.Labels[0].Name ?? "lemon";
        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>())
        {
            (parameter.Description, parameter.Schema) = Describe(parameter.Name, upload, names, label);
        }
    }

    private static OpenApiMediaType Form(UploadMetadata upload, OpenApiSchema pictures)
    {
        var field = UploadBody.FieldsOf(upload.Many)[0];
        return new OpenApiMediaType
        {
            Schema = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Required = new HashSet<string> { field },
                Properties = new Dictionary<string, IOpenApiSchema> { [field] = pictures },
            },
            Encoding = new Dictionary<string, OpenApiEncoding>
            {
                [field] = new() { ContentType = string.Join(", ", UploadBody.RawTypes) },
            },
        };
    }

    /// <summary>Describes a query parameter of routes with pictures, with names of models and a label as examples.</summary>
    public static (string Description, OpenApiSchema Schema) Describe(
        string? parameter, UploadMetadata upload, string[] names, string label) => parameter switch
        {
            "top" => ("Number of predictions; at most all classes.",
                Number(JsonSchemaType.Integer, least: 1, most: ClassifyQuery.MaxTop, otherwise: ClassifyQuery.DefaultTop, example: 3)),
            "crops" => ("Crops to average: the centre, or corners, centre and their mirrors.", new OpenApiSchema
            {
                Type = JsonSchemaType.Integer,
                Enum = [JsonValue.Create(1), JsonValue.Create(10)],
                Default = upload.Crops,
                Examples = [1],
            }),
            "models" when upload.OneModel => ("Name of one model; default: the first model of the default ensemble.",
                Names($"^{PackageName.Pattern}$", names[0])),
            "models" => ("Names of models with the same labels, separated by commas; default: the default ensemble.",
                Names($"^{PackageName.Pattern}( *, *{PackageName.Pattern})*$", string.Join(',', names))),
            "class" => ("Id, name or index of the class; default: the most probable class.",
                new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^.+$", Examples = [label] }),
            "window" => ("Side of the square in pixels, at most that of the canvas; default: a fifth of the canvas.",
                Number(JsonSchemaType.Integer, least: 1, example: 32)),
            "stride" => (
                "Pixels from one place to the next, at most the side of the canvas; default: 100 to 170 places. "
                + $"The limit is {ExplainQuery.MaxPlaces} places.",
                Number(JsonSchemaType.Integer, least: 1, example: 16)),
            "minConfidence" => ("Share of right answers from which an answer counts as confident, 0 to 1.",
                Number(JsonSchemaType.Number, least: 0, most: 1, otherwise: ConfidenceTable.UsualShare, example: 0.95)),
            "views" => ("Whether to add the canvas, which is what the models see, and the answer to each crop.", Switch()),
            "overlay" => ("Whether to add the picture to the JSON.", Switch()),
            "normalise" => ("Whether to divide the vector by its length.", Switch()),
            _ => ("Whether to add the predictions of each model.", Switch()),
        };

    private static OpenApiSchema Number(
        JsonSchemaType type, int least, JsonNode example, int? most = null, JsonNode? otherwise = null) => new()
        {
            Type = type,
            Minimum = least.ToString(CultureInfo.InvariantCulture),
            Maximum = most?.ToString(CultureInfo.InvariantCulture),
            Default = otherwise,
            Examples = [example],
        };

    private static OpenApiSchema Names(string pattern, string example) =>
        new() { Type = JsonSchemaType.String, Pattern = pattern, Examples = [example] };

    private static OpenApiSchema Switch() => new() { Type = JsonSchemaType.Boolean, Default = false, Examples = [true] };
}
