using AlexNetService.Api.OpenInference;
using AlexNetService.Api.Predict;
using Microsoft.AspNetCore.Mvc;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace AlexNetService.Api.OpenApi;

/// <summary>
/// Documents refusals before a route, from the same metadata that decides them (keys, rates, slow or too many bodies), and the
/// Retry-After header. Must follow the filters that document bodies.
/// </summary>
internal sealed class AccessOperation : IOperationFilter
{
    /// <summary>Names of the two ways to send a key, among the document's security schemes.</summary>
    public const string HeaderScheme = "key";
    public const string BearerScheme = "bearer";

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        operation.Responses ??= [];
        var access = context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<RouteAccess>().ToArray();
        var isProtocol = new PathString("/" + context.ApiDescription.RelativePath).StartsWithSegments(OpenInferenceEndpoint.Root);
        if (operation.RequestBody is not null)
        {
            Add(StatusCodes.Status408RequestTimeout, "The body arrived too slowly.");
            Add(StatusCodes.Status503ServiceUnavailable, "Too many bodies at once.");
        }

        if (!access.Contains(RouteAccess.Open))
        {
            Add(
                StatusCodes.Status401Unauthorized,
                $"The service requires a key, and neither {KeyGate.Header} nor Authorization has a valid one.");
            Add(StatusCodes.Status429TooManyRequests, "More requests than RateLimit allows.");
            if (access.Contains(RouteAccess.Admin))
            {
                Add(StatusCodes.Status403Forbidden, "No admin key; or the service has no keys, and the caller is on another machine.");
            }

            // The empty requirement documents that a service without keys needs none.
            operation.Security =
            [
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(HeaderScheme, context.Document)] = [] },
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(BearerScheme, context.Document)] = [] },
                [],
            ];
        }

        if (context.ApiDescription.ActionDescriptor.EndpointMetadata
                .Any(mark => mark is UploadMetadata or PredictBodyMetadata or TensorBodyMetadata)
            && operation.Responses.GetValueOrDefault("500") is OpenApiResponse failure)
        {
            failure.Description = "A model answered with values that are not finite numbers; or the service failed.";
        }

        foreach (var status in new[] { "429", "503" })
        {
            if (operation.Responses.TryGetValue(status, out var found)
                && found is OpenApiResponse refusal
                && (isProtocol || refusal.Content?.ContainsKey("application/problem+json") == true))
            {
                refusal.Headers ??= new Dictionary<string, IOpenApiHeader>();
                refusal.Headers["Retry-After"] = new OpenApiHeader
                {
                    Description = "Seconds after which to try again.",
                    Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1", Examples = [2] },
                };
            }
        }

        void Add(int status, string description)
        {
            var (type, schema) = isProtocol
                ? ("application/json", typeof(ErrorAnswer))
                : ("application/problem+json", typeof(ProblemDetails));
            operation.Responses.TryAdd(status.ToString(CultureInfo.InvariantCulture), new OpenApiResponse
            {
                Description = description,
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    [type] = new() { Schema = context.SchemaGenerator.GenerateSchema(schema, context.SchemaRepository) },
                },
            });
        }
    }
}
