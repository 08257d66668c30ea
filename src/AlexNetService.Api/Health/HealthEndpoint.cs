using AlexNetService.Api.Hosting;
using AlexNetService.Api.Models;
using AlexNetService.Api.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AlexNetService.Api.Health;

/// <summary>What an orchestrator asks: is the process alive, and may it get requests.</summary>
internal static class HealthEndpoint
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/health").WithTags("Health").WithMetadata(OpenRouteMetadata.Instance);
        group.MapGetAndHead("/live", () => TypedResults.Ok(new Health("live", [])))
            .WithName("Live")
            .WithSummary("Whether the process answers");
        group.MapGetAndHead("/ready", Ready)
            .WithName("Ready")
            .WithSummary("Whether every model is loaded, verified and warm, and the service is not stopping")
            .Produces<Health>(StatusCodes.Status503ServiceUnavailable);
    }

    private static Results<Ok<Health>, JsonHttpResult<Health>> Ready(ServedModels served) => served.Reasons is { Count: > 0 } reasons
        ? TypedResults.Json(new Health(State(served), reasons), statusCode: StatusCodes.Status503ServiceUnavailable)
        : TypedResults.Ok(new Health("ready", []));

    private static string State(ServedModels served) =>
        served.Failure is not null ? "failed" : served.Draining ? "draining" : "loading";
}

/// <summary>The state of the service.</summary>
/// <param name="Status"><c>live</c>, <c>loading</c>, <c>ready</c>, <c>draining</c> or <c>failed</c>.</param>
/// <param name="Reasons">Why requests cannot be served, sentences; empty where they can.</param>
internal sealed record Health(string Status, IReadOnlyList<string> Reasons);
