using Microsoft.AspNetCore.Mvc;

namespace AlexNetService.Api.Problems;

/// <summary>
/// Writes every error as problem details with a <c>traceId</c> and a <c>type</c> that leads to an explanation, including errors of
/// routing and exceptions.
/// </summary>
internal static class ProblemResponses
{
    public static void AddProblems(this IServiceCollection services)
    {
        services.AddExceptionHandler<ExceptionProblems>();
        services.AddProblemDetails(options => options.CustomizeProblemDetails = Complete);
    }

    public static void UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();
    }

    private static void Complete(ProblemDetailsContext context)
    {
        var (http, problem) = (context.HttpContext, context.ProblemDetails);
        problem.Type = ProblemKinds.TypeOf(problem.Title);
        problem.Extensions["traceId"] = http.TraceIdentifier;
        problem.Detail ??= problem.Status switch
        {
            StatusCodes.Status404NotFound => $"There is nothing at {http.Request.Path}. /swagger lists all routes.",
            StatusCodes.Status405MethodNotAllowed =>
                $"{http.Request.Path} does not accept {http.Request.Method}. Use {http.Response.Headers.Allow}.",
            _ => "/swagger documents all routes.",
        };
    }

    /// <summary>Documents the problems that an endpoint may return.</summary>
    public static RouteHandlerBuilder ProducesProblems(this RouteHandlerBuilder endpoint, params int[] statuses)
    {
        foreach (var status in statuses)
        {
            endpoint.Produces<ProblemDetails>(status, "application/problem+json");
        }

        return endpoint;
    }
}
