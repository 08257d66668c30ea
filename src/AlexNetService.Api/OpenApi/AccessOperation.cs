using System.Globalization;
using AlexNetService.Api.OpenInference;
using AlexNetService.Api.Security;
using Microsoft.AspNetCore.Mvc;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace AlexNetService.Api.OpenApi;

/// <summary>
/// Documents what happens before a request gets to its route, from the marks that decide it there: keys, rates, and bodies that come too
/// slowly or are too many. To be added behind the filters that document bodies.
/// </summary>
internal sealed class AccessOperation : IOperationFilter
{
    /// <summary>The key's name among the document's security schemes.</summary>
    public const string Scheme = "key";

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var marks = context.ApiDescription.ActionDescriptor.EndpointMetadata;
        if (operation.RequestBody is not null)
        {
            Add(operation, context, StatusCodes.Status408RequestTimeout, "The body came too slowly.");
            Add(operation, context, StatusCodes.Status503ServiceUnavailable, "Too many bodies at once.");
        }

        if (marks.OfType<OpenRouteMetadata>().Any())
        {
            return;
        }

        Add(operation, context, StatusCodes.Status401Unauthorized, $"The service has keys, and no valid one is in {KeyGate.Header}.");
        Add(operation, context, StatusCodes.Status429TooManyRequests, "More requests than RateLimit allows.");
        if (marks.OfType<AdminRouteMetadata>().Any())
        {
            Add(operation, context, StatusCodes.Status403Forbidden, "No admin key; or the service has no keys, and the caller is elsewhere.");
        }

        // A service without keys needs none: the empty requirement says so.
        operation.Security =
        [
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, context.Document)] = [] },
            [],
        ];
    }

    private static void Add(OpenApiOperation operation, OperationFilterContext context, int status, string description)
    {
        var isProtocol = context.ApiDescription.RelativePath is { } path && ("/" + path + "/").StartsWith(
            OpenInferenceEndpoint.Root + "/", StringComparison.Ordinal);
        var (type, schema) = isProtocol ? ("application/json", typeof(ErrorAnswer)) : ("application/problem+json", typeof(ProblemDetails));
        operation.Responses ??= [];
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
