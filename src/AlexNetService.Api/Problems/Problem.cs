using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;

namespace AlexNetService.Api.Problems;

/// <summary>
/// A refusal as RFC 9457 problem details. The title names the kind of problem and is always the same; the detail says in a sentence what is
/// wrong with this request and what to do. A form of a browser without JavaScript gets both as a page.
/// </summary>
internal sealed class Problem(int status, string title, string detail) : IResult, IStatusCodeHttpResult, IEndpointMetadataProvider
{
    /// <summary>Seconds after which to try again, or null if a retry would fail again.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>The problem as part of another answer, without trace id and type.</summary>
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

        if (httpContext.ChosenType() == OfferedTypes.Html)
        {
            await PlainPage.Of(title, [detail], status).ExecuteAsync(httpContext);
            return;
        }

        var context = new ProblemDetailsContext
        {
            HttpContext = httpContext,
            ProblemDetails = Details,
        };
        if (!await httpContext.RequestServices.GetRequiredService<IProblemDetailsService>().TryWriteAsync(context))
        {
            // The client does not accept JSON, so it gets the sentence as text.
            httpContext.Response.ContentType = "text/plain; charset=utf-8";
            await httpContext.Response.WriteAsync(detail, httpContext.RequestAborted);
        }
    }
}
