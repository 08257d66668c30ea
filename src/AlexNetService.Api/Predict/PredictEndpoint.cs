using AlexNetService.Api.Classify;
using AlexNetService.Api.OpenInference;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Serilog;

namespace AlexNetService.Api.Predict;

/// <summary>KServe's first protocol: photographs as base64 in JSON, answered as <c>predictions</c>.</summary>
internal static class PredictEndpoint
{
    public static void MapPredict(this IEndpointRouteBuilder routes) => routes.MapPost("/models/{name}:predict", Predict)
        .WithTags("Models")
        .WithName("Predict")
        .WithSummary("Classify photographs in JSON (KServe V1)")
        .WithMetadata(new DisableRequestSizeLimitAttribute(), new PredictBodyMetadata())
        .Offers(OfferedTypes.Json)
        .ProducesProblems(400, 404, 413, 415, 422, 503);

    private static async Task<Results<Ok<PredictAnswer>, Problem>> Predict(
        string name,
        [FromQuery(Name = "top")] string? top,
        [FromQuery(Name = "crops")] string? crops,
        HttpContext context,
        ServedModels served,
        ProtocolCatalog models,
        InferenceEngine engine,
        OpenInferenceOptions options,
        IDiagnosticContext log,
        CancellationToken cancellation)
    {
        if (!new ClassifyQuery(top, crops, null, null, null, null).Read().TryGet(out var settings, out var problem))
        {
            return problem;
        }

        if (served.Open is not { } catalog)
        {
            return ModelProblems.NotReady(served);
        }

        if (!(await ProtocolBody.ReadAsync(context.Request, options.MaxBodyBytes, cancellation)).TryGet(out var body, out var unread))
        {
            return PredictProblems.Of(unread);
        }

        using var bytes = body;
        context.Features.GetRequiredFeature<BudgetedBody>().TakeBase64(bytes.Bytes.Length);
        if (!PredictBody.Read(bytes.Bytes, options.MaxPictures).TryGet(out var photographs, out problem))
        {
            return problem;
        }

        // The lease is taken after the body has arrived, so that a slow upload does not keep a replaced model in memory.
        using var lease = catalog.Enter();
        if (!models.Find(lease.Snapshot, name, version: null).TryGet(out var model, out var unknown))
        {
            return PredictProblems.Of(unknown);
        }

        var results = await engine.RunAsync(
        [
            .. photographs.Select(file => new PhotographRequest(file, model.Ensemble, settings.Views) { Cancellation = cancellation }),
        ]);
        try
        {
            log.Set("Models", MemberAnswer.Names(model.Ensemble));
            log.Set("Crops", (int)settings.Views);
            log.Set("Pictures", results.Count);
            return Answer(results, model.Ensemble, settings.Top, served);
        }
        finally
        {
            foreach (var result in results)
            {
                result.Dispose();
            }
        }
    }

    /// <summary>The predictions of all photographs; the first one without an answer is the problem.</summary>
    private static Results<Ok<PredictAnswer>, Problem> Answer(
        IReadOnlyList<InferenceResult> results, Ensemble ensemble, int top, ServedModels served)
    {
        var predictions = new IReadOnlyList<RankedPrediction>[results.Count];
        foreach (var (place, result) in results.Index())
        {
            if (result is not InferenceResult.Answered answered)
            {
                return PredictProblems.Of(place, UploadProblems.Of(result, served));
            }

            predictions[place] = RankedPrediction.Top(answered.Probabilities.Span, ensemble, top);
        }

        return TypedResults.Ok(new PredictAnswer(predictions));
    }
}

/// <summary>The classes of photographs.</summary>
/// <param name="Predictions">For each instance, in order, its most probable classes, most probable first.</param>
internal sealed record PredictAnswer(IReadOnlyList<IReadOnlyList<RankedPrediction>> Predictions);

/// <summary>Marks an endpoint that reads instances from the body.</summary>
internal sealed class PredictBodyMetadata;
