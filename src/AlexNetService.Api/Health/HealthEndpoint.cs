namespace AlexNetService.Api.Health;

/// <summary>Tells an orchestrator whether the process is alive, and whether to send it requests.</summary>
internal static class HealthEndpoint
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/health").WithTags("Health").WithMetadata(RouteAccess.Open).DisableHttpMetrics();
        group.MapGetAndHead("/live", () => TypedResults.Ok(new Health("live", [])))
            .WithName("Live")
            .WithSummary("Check whether the process is alive");
        group.MapGetAndHead("/ready", Ready)
            .WithName("Ready")
            .WithSummary("Check whether every model is loaded, verified and warm, and the service is not stopping")
            .Produces<ReadyAnswer>(StatusCodes.Status503ServiceUnavailable);
    }

    private static Results<Ok<ReadyAnswer>, JsonHttpResult<ReadyAnswer>> Ready(
        ServedModels served, InferenceEngine engine, QueueOptions queue)
    {
        var (states, reasons) = (served.Catalog?.States() ?? [], served.Reasons);
        var answer = new ReadyAnswer(
            served.Failed ? "failed"
                : served.Draining ? "draining"
                : reasons.Count > 0 ? "loading"
                : states.Any(state => state.IsDegraded) ? "degraded"
                : "ready",
            reasons,
            [.. states.Select(ModelHealth.Of)],
            new QueueHealth(
                engine.WaitingCrops,
                queue.LimitCrops,
                Math.Round(engine.Wait.TotalSeconds, 3),
                queue.MaxWait.TotalSeconds));
        return answer.Reasons.Count == 0
            ? TypedResults.Ok(answer)
            : TypedResults.Json(answer, statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}

/// <summary>Whether the process is alive.</summary>
/// <param name="Status">Always <c>live</c>.</param>
/// <param name="Reasons">Always empty.</param>
internal sealed record Health(string Status, IReadOnlyList<string> Reasons);

/// <summary>Whether the service accepts requests, and the details that an operator needs.</summary>
/// <param name="Status">
/// <c>loading</c>, <c>ready</c>, <c>draining</c>, <c>failed</c>, or <c>degraded</c> if requests are accepted, but a model serves another
/// version than the one that was wanted.
/// </param>
/// <param name="Reasons">Why requests are refused, in sentences; empty if they are accepted.</param>
/// <param name="Models">The state of each model; empty while the first models load.</param>
/// <param name="Queue">The waiting crops.</param>
internal sealed record ReadyAnswer(string Status, IReadOnlyList<string> Reasons, IReadOnlyList<ModelHealth> Models, QueueHealth Queue);

/// <summary>The state of a model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State"><c>ready</c>, <c>loading</c>, <c>draining</c> or <c>unavailable</c>.</param>
/// <param name="Version">The version that is served, or absent.</param>
/// <param name="Loading">Whether another version is being loaded.</param>
/// <param name="Reason">That the last load failed, or absent. Why is in the log and in the model's own answer.</param>
internal sealed record ModelHealth(string Name, string State, int? Version, bool Loading, string? Reason)
{
    // The reason itself names folders of the machine, and everybody may ask for the health.
    public static ModelHealth Of(ModelState state) => new(
        state.Name,
        state.Phase.ToString().ToLowerInvariant(),
        state.Version,
        state.Loading,
        state.RefusedVersion is not { } refused ? null
            : state.Version is null ? $"Version {refused} was refused; the answer to its load says why."
            : $"Version {refused} was refused; GET /v1/models/{state.Name} says why.");
}

/// <summary>The crops that wait for the models.</summary>
/// <param name="Crops">Crops that wait, or for which room is reserved.</param>
/// <param name="LimitCrops">Maximum crops. A full queue refuses requests, but the service stays ready.</param>
/// <param name="WaitSeconds">How long a request that comes now would wait until it could begin.</param>
/// <param name="MaxWaitSeconds">Maximum wait; beyond it requests are refused.</param>
internal sealed record QueueHealth(int Crops, int LimitCrops, double WaitSeconds, double MaxWaitSeconds);
