using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace AlexNetService.Api.OpenApi;

/// <summary>Documents the header that comes with every 429 and 503 problem, errors of the Open Inference Protocol included.</summary>
internal sealed class RetryAfterOperation : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        foreach (var status in new[] { "429", "503" })
        {
            if (operation.Responses?.TryGetValue(status, out var refusal) == true
                && refusal is OpenApiResponse response
                && (response.Content?.ContainsKey("application/problem+json") == true
                    || context.ApiDescription.RelativePath is "v2"
                    || context.ApiDescription.RelativePath?.StartsWith("v2/", StringComparison.Ordinal) == true))
            {
                response.Headers ??= new Dictionary<string, IOpenApiHeader>();
                response.Headers["Retry-After"] = new OpenApiHeader
                {
                    Description = "Seconds after which to try again.",
                    Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1", Examples = [2] },
                };
            }
        }
    }
}
