using AlexNetService.Api.Classify;
using AlexNetService.Api.Models;
using AlexNetService.Api.Negotiation;
using AlexNetService.Api.Problems;
using AlexNetService.Inference.Explanations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Serilog;

namespace AlexNetService.Api.Explain;

/// <summary>One photograph in, a map of what its class depends on out.</summary>
internal static class ExplainEndpoint
{
    public static void AddExplain(this IServiceCollection services) => services.AddSingleton<PictureOcclusion>();

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
        PictureOcclusion occlusion,
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
            var (map, unanswered) = await occlusion.MapAsync(picture.Bytes, model, settings.Grid, settings.Index, cancellation);
            if (map is null)
            {
                return ClassifyProblems.Of(
                    unanswered ?? throw new InvalidOperationException("There is neither a map nor a reason."), served);
            }

            var times = AnswerTiming.Of(map.Timing, time.GetElapsedTime(begun));
            log.Answered([model.Card.Name], map.Grid.Count + 1, times);
            return context.ChosenType() == OfferedTypes.Png
                ? TypedResults.Bytes(OcclusionOverlay.Png(map), OfferedTypes.Png)
                : TypedResults.Ok(ExplainAnswer.Of(model, map, settings.Overlay, times, context.TraceIdentifier));
        }
    }
}
