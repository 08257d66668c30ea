using System.Reflection;
using AlexNetService.Api.Problems;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.OpenInference;

/// <summary>What the protocol's clients read where the status is not 200.</summary>
/// <param name="Error">What is wrong and what to do, a sentence.</param>
internal sealed record ErrorAnswer([property: System.Text.Json.Serialization.JsonPropertyName("error")] string Error);

/// <summary>A problem of a route under /v2.</summary>
/// <param name="problem">The problem; <see cref="ErrorWriter"/> gives it the protocol's form.</param>
internal sealed class InferenceError(Problem problem) : IResult, IEndpointMetadataProvider
{
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => builder.Metadata.Add(
        new ProducesResponseTypeMetadata(StatusCodes.Status500InternalServerError, typeof(ErrorAnswer), ["application/json"]));

    public Task ExecuteAsync(HttpContext httpContext) => problem.ExecuteAsync(httpContext);
}

/// <summary>Writes every problem under /v2 as <c>{"error": "…"}</c>, those of routing and of exceptions included.</summary>
/// <param name="options">Completes details that nobody wrote.</param>
internal sealed class ErrorWriter(IOptions<ProblemDetailsOptions> options) : IProblemDetailsWriter
{
    public bool CanWrite(ProblemDetailsContext context) =>
        context.HttpContext.Request.Path.StartsWithSegments(OpenInferenceEndpoint.Root, StringComparison.OrdinalIgnoreCase);

    public async ValueTask WriteAsync(ProblemDetailsContext context)
    {
        options.Value.CustomizeProblemDetails?.Invoke(context);
        var problem = context.ProblemDetails;
        await context.HttpContext.Response.WriteAsJsonAsync(
            new ErrorAnswer(problem.Detail ?? problem.Title ?? "The request failed."), context.HttpContext.RequestAborted);
    }
}
