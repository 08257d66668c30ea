using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;

namespace AlexNetService.Api.Problems;

/// <summary>A refusal as RFC 9457 problem details: what is wrong and what to do about it.</summary>
/// <param name="status">HTTP status.</param>
/// <param name="title">The kind of problem, the same each time.</param>
/// <param name="detail">This problem and what to do, a sentence.</param>
internal sealed class Problem(int status, string title, string detail) : IResult, IStatusCodeHttpResult, IEndpointMetadataProvider
{
    /// <summary>Seconds after which to try again, or null where trying again is of no use.</summary>
    public int? RetryAfter { get; init; }

    public int StatusCode => status;

    /// <summary>The problem as a part of another answer, without what belongs to a whole request.</summary>
    public ProblemDetails Details => new() { Status = status, Title = title, Detail = detail };

    int? IStatusCodeHttpResult.StatusCode => status;

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) => builder.Metadata.Add(
        new ProducesResponseTypeMetadata(StatusCodes.Status500InternalServerError, typeof(ProblemDetails), ["application/problem+json"]));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = status;
        if (RetryAfter is { } seconds)
        {
            httpContext.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        var context = new ProblemDetailsContext
        {
            HttpContext = httpContext,
            ProblemDetails = Details,
        };
        if (!await httpContext.RequestServices.GetRequiredService<IProblemDetailsService>().TryWriteAsync(context))
        {
            // The client accepts no JSON; it gets the sentence.
            httpContext.Response.ContentType = "text/plain; charset=utf-8";
            await httpContext.Response.WriteAsync(detail, httpContext.RequestAborted);
        }
    }
}
