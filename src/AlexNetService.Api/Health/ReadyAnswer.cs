using AlexNetService.Api.Models;
using AlexNetService.Inference.Catalog;
using AlexNetService.Inference.Requests;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.Health;

/// <summary>Whether the service may get requests, and what an operator asks next.</summary>
/// <param name="Status"><c>loading</c>, <c>ready</c>, <c>draining</c> or <c>failed</c>.</param>
/// <param name="Reasons">Why requests cannot be served, sentences; empty where they can.</param>
/// <param name="Models">Where each model stands; empty while the first ones load.</param>
/// <param name="Queue">What waits.</param>
internal sealed record ReadyAnswer(string Status, IReadOnlyList<string> Reasons, IReadOnlyList<ModelHealth> Models, QueueHealth Queue)
{
    public static ReadyAnswer Of(ServedModels served, InferenceEngine engine, IOptions<QueueOptions> queue) => new(
        State(served),
        served.Reasons,
        [.. (served.Catalog?.States() ?? []).Select(ModelHealth.Of)],
        new QueueHealth(engine.WaitingCrops, queue.Value.LimitCrops));

    private static string State(ServedModels served) =>
        served.Failure is not null ? "failed" : served.Draining ? "draining" : served.Reasons.Count > 0 ? "loading" : "ready";
}

/// <summary>Where a model stands.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State"><c>ready</c>, <c>loading</c>, <c>draining</c> or <c>unavailable</c>.</param>
/// <param name="Version">The version that is served, or absent.</param>
/// <param name="Loading">Whether another version is being opened.</param>
/// <param name="Reason">Why the last load was refused, or absent.</param>
internal sealed record ModelHealth(string Name, string State, int? Version, bool Loading, string? Reason)
{
    public static ModelHealth Of(ModelState state) =>
        new(state.Name, state.Phase.ToString().ToLowerInvariant(), state.Version, state.Loading, state.Reason);
}

/// <summary>What waits for the models.</summary>
/// <param name="Crops">Crops that wait, or for which room is held.</param>
/// <param name="LimitCrops">Crops that may; a full queue refuses requests and leaves the service ready.</param>
internal sealed record QueueHealth(int Crops, int LimitCrops);
