using AlexNetService.Api.Classify;
using AlexNetService.Api.Models;
using AlexNetService.Api.Negotiation;
using AlexNetService.Api.Problems;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Explanations;
using AlexNetService.Inference.Requests;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Serilog;

namespace AlexNetService.Api.Explain;

/// <summary>One photograph in, a map of what its class depends on out.</summary>
internal static class ExplainEndpoint
{
    public static void MapExplain(this IEndpointRouteBuilder routes) => routes.MapPost("/v1/explain", Explain)
        .WithTags("Explain")
        .WithName("Explain")
        .WithSummary("What in a photograph a class depends on")
        .WithDescription(
            "Covers one part of the centre crop after the other with a square of its mean colour; "
            + "the numbers say how much the probability falls. "
            + $"As JSON, or as {OfferedTypes.Png}: the map over the crop, red where the class depends on what is seen.")
        .Offers(OfferedTypes.Json, OfferedTypes.Png)
        .TakesPicture(new PictureBodyMetadata(OneModel: true));

    private static async Task<Results<Ok<ExplainAnswer>, FileContentHttpResult, Problem>> Explain(
        [AsParameters] ExplainQuery query,
        HttpContext context,
        ServedModels served,
        InferenceEngine engine,
        IOptions<ClassifyOptions> options,
        TimeProvider time,
        IDiagnosticContext log,
        CancellationToken cancellation)
    {
        var begun = time.GetTimestamp();
        using var lease = served.Enter();
        if (lease is null)
        {
            return ModelProblems.NotReady(served);
        }

        var (model, unusable) = ChosenModel.Of(lease.Snapshot, query.Models);
        if (model is null)
        {
            return unusable ?? throw new InvalidOperationException("There is neither a model nor a problem.");
        }

        var (settings, reason) = query.Read(model);
        if (settings is null)
        {
            return ClassifyProblems.BadParameter(reason ?? "");
        }

        var (picture, fault) = await PictureBody.ReadAsync(context.Request, options.Value.MaxBodyBytes, cancellation);
        if (picture is null)
        {
            return ClassifyProblems.Of(fault ?? PictureBodyFault.NoPicture, options.Value);
        }

        using (picture)
        {
            using var result = await engine.RunAsync(
                new OcclusionRequest(picture.Bytes, Ensemble.Alone(model), settings.Grid, settings.Index) { Cancellation = cancellation });
            if (result is not InferenceResult.Explained { Map: var map, Timing: var timing })
            {
                return ClassifyProblems.Of(result, served);
            }

            var times = AnswerTiming.Of(timing, time.GetElapsedTime(begun));
            log.Answered([model.Card.Name], map.Grid.Count + 1, times);
            return context.ChosenType() == OfferedTypes.Png
                ? TypedResults.Bytes(OcclusionOverlay.Png(map), OfferedTypes.Png)
                : TypedResults.Ok(ExplainAnswer.Of(model, map, settings.Overlay, times, context.TraceIdentifier));
        }
    }
}
