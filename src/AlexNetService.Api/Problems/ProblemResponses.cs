using System.Diagnostics;
using Microsoft.AspNetCore.Mvc;

namespace AlexNetService.Api.Problems;

/// <summary>
/// Every error answer is problem details with a <c>type</c> that is explained and a <c>traceId</c>,
/// those of routing and of exceptions included.
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
        problem.Extensions["traceId"] = Activity.Current?.Id ?? http.TraceIdentifier;
        problem.Detail ??= problem.Status switch
        {
            StatusCodes.Status404NotFound => $"There is nothing at {http.Request.Path}. /swagger lists what there is.",
            StatusCodes.Status405MethodNotAllowed =>
                $"{http.Request.Path} does not take {http.Request.Method}; use {http.Response.Headers.Allow}.",
            _ => "See /swagger for what the service takes.",
        };
    }

    /// <summary>Documents the problems an endpoint may answer with.</summary>
    public static RouteHandlerBuilder ProducesProblems(this RouteHandlerBuilder endpoint, params int[] statuses)
    {
        foreach (var status in statuses)
        {
            endpoint.Produces<ProblemDetails>(status, "application/problem+json");
        }

        return endpoint;
    }
}
