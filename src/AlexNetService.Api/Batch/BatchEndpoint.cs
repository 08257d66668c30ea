using AlexNetService.Api.Classify;
using AlexNetService.Api.Models;
using AlexNetService.Api.Negotiation;
using AlexNetService.Api.Problems;
using AlexNetService.Inference.Requests;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Serilog;

namespace AlexNetService.Api.Batch;

/// <summary>Many photographs in one request; each has an answer or an error of its own.</summary>
internal static class BatchEndpoint
{
    public static void MapBatch(this IEndpointRouteBuilder routes) => routes.MapPost("/v1/classify/batch", Classify)
        .WithTags("Classify")
        .WithName("ClassifyBatch")
        .WithSummary("Classify many photographs")
        .WithMetadata(new DisableRequestSizeLimitAttribute(), new PictureBodyMetadata(Many: true))
        .Offers(OfferedTypes.Json)
        .ProducesProblems(
            StatusCodes.Status400BadRequest,
            StatusCodes.Status404NotFound,
            StatusCodes.Status413PayloadTooLarge,
            StatusCodes.Status415UnsupportedMediaType,
            StatusCodes.Status503ServiceUnavailable);

    private static async Task<Results<Ok<BatchAnswer>, Problem>> Classify(
        [AsParameters] ClassifyQuery query,
        HttpContext context,
        ServedModels served,
        InferenceEngine engine,
        IOptions<ClassifyOptions> options,
        TimeProvider time,
        IDiagnosticContext log,
        CancellationToken cancellation)
    {
        var begun = time.GetTimestamp();
        var (settings, reason) = query.Read();
        if (settings is null)
        {
            return ClassifyProblems.BadParameter(reason ?? "");
        }

        using var lease = served.Enter();
        if (lease is null)
        {
            return ModelProblems.NotReady(served);
        }

        var (ensemble, unusable) = ChosenModels.Of(lease.Snapshot, settings.Models);
        if (ensemble is null)
        {
            return unusable ?? throw new InvalidOperationException("There are neither models nor a problem.");
        }

        var (pictures, fault) = await BatchBody.ReadAsync(context.Request, options.Value, cancellation);
        if (pictures is null)
        {
            return BatchProblems.Of(fault ?? BatchBodyFault.Empty, options.Value);
        }

        try
        {
            var read = time.GetTimestamp();
            var batch = new ClassifiedBatch(ensemble, settings, served, options.Value);
            var results = await batch.RunAsync(pictures, engine, cancellation);
            if (batch.Refusal is { } refusal)
            {
                return refusal;
            }

            var timing = BatchTiming.Of(time.GetElapsedTime(begun), time.GetElapsedTime(read));
            var answer = new BatchAnswer(results, MemberAnswer.Of(ensemble), (int)settings.Views, timing, context.TraceIdentifier);
            log.Answered(answer.Models.Select(model => model.Name), answer.Crops);
            log.Set("Pictures", results.Count);
            log.Set("ReadMs", timing.ReadMs);
            log.Set("ClassifyMs", timing.ClassifyMs);
            return TypedResults.Ok(answer);
        }
        finally
        {
            foreach (var picture in pictures)
            {
                picture.Dispose();
            }
        }
    }
}
