using AlexNetService.Api.Hosting;
using AlexNetService.Api.Models;
using AlexNetService.Api.Security;
using AlexNetService.Inference.Requests;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

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
            .Produces<ReadyAnswer>(StatusCodes.Status503ServiceUnavailable);
    }

    private static Results<Ok<ReadyAnswer>, JsonHttpResult<ReadyAnswer>> Ready(
        ServedModels served, InferenceEngine engine, IOptions<QueueOptions> queue)
    {
        var answer = ReadyAnswer.Of(served, engine, queue);
        return answer.Reasons.Count == 0
            ? TypedResults.Ok(answer)
            : TypedResults.Json(answer, statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}

/// <summary>Whether the process answers.</summary>
/// <param name="Status">Always <c>live</c>.</param>
/// <param name="Reasons">Always empty.</param>
internal sealed record Health(string Status, IReadOnlyList<string> Reasons);
