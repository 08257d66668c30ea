using System.Reflection;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.OpenInference;

/// <summary>The body of every answer under /v2 whose status is not 200.</summary>
/// <param name="Error">What is wrong and what to do, in a sentence.</param>
internal sealed record ErrorAnswer([property: JsonPropertyName("error")] string Error);

/// <summary>A failed call under /v2. <see cref="ErrorWriter"/> gives the problem the protocol's form.</summary>
internal sealed class InferenceError(Problem problem) : IResult, IEndpointMetadataProvider
{
    public InferenceError(ProtocolError error)
        : this(new Problem((int)error.Status, "The call failed", error.Message) { RetryAfter = error.RetryAfterSeconds })
    {
    }

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => builder.Metadata.Add(
        new ProducesResponseTypeMetadata(StatusCodes.Status500InternalServerError, typeof(ErrorAnswer), ["application/json"]));

    public Task ExecuteAsync(HttpContext httpContext) => problem.ExecuteAsync(httpContext);
}

/// <summary>Writes every problem under /v2 as <c>{"error": "…"}</c>, including those of routing and of exceptions.</summary>
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
