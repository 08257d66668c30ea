using Microsoft.AspNetCore.Mvc;

namespace AlexNetService.Api.Classify;

/// <summary>Classifies many photographs in one request. Each has an answer or an error of its own.</summary>
internal static class BatchEndpoint
{
    public static void MapBatch(this IEndpointRouteBuilder routes) => routes.MapPost("/classify/batch", Classify)
        .WithTags("Classify")
        .WithName("ClassifyBatch")
        .WithSummary("Classify many photographs")
        .Offers(OfferedTypes.Json)
        .TakesPictures<ClassifyQuery>(new UploadMetadata(Many: true));

    private static async Task<Results<Ok<BatchAnswer>, Problem>> Classify(
        [AsParameters] ClassifyQuery query, [AsParameters] UploadRequest request)
    {
        if (!query.Read().TryGet(out _, out var problem) || !(await request.ReadAsync()).TryGet(out var read, out problem))
        {
            return problem;
        }

        using var upload = read;
        if (!query.With(upload.Parameters).Read().TryGet(out var settings, out problem)
            || !upload.Select(settings.Models).TryGet(out var ensemble, out problem))
        {
            return problem;
        }

        var readTime = request.Elapsed;
        var answered = await request.Engine.RunAsync(
        [
            .. upload.Pictures.Select(picture => picture.Bytes).OfType<BodyBytes>().Select(body =>
                new PhotographRequest(body.Bytes, ensemble, settings.Views)
                {
                    WithViews = settings.WithViews,
                    Cancellation = request.Cancellation,
                }),
        ]);
        try
        {
            // If the queue had no room for the first pictures, none was classified.
            if (answered.Count > 0 && answered.All(result => result is InferenceResult.Refused))
            {
                return UploadProblems.Of(answered[0], request.Served);
            }

            var next = 0;
            BatchResult[] results =
            [
                .. upload.Pictures.Select(picture => picture.Content.TryGet(out _, out var unread)
                    ? Answer(picture.Name, answered[next++], ensemble, settings, request)
                    : new BatchResult(picture.Name, null, null, unread.Details)),
            ];
            var timing = BatchTiming.Of(readTime, request.Elapsed);
            request.Log.Set("Models", MemberAnswer.Names(ensemble));
            request.Log.Set("Crops", (int)settings.Views);
            request.Log.Set("Pictures", results.Length);
            request.Log.Set("ReadMs", timing.ReadMs);
            request.Log.Set("ClassifyMs", timing.ClassifyMs);
            return TypedResults.Ok(new BatchAnswer(
                results, MemberAnswer.Of(ensemble), (int)settings.Views, timing, request.Context.TraceIdentifier));
        }
        finally
        {
            foreach (var result in answered)
            {
                result.Dispose();
            }
        }
    }

    private static BatchResult Answer(
        string name, InferenceResult result, Ensemble ensemble, ClassifySettings settings, UploadRequest request)
    {
        if (result is not InferenceResult.Answered answered)
        {
            return new BatchResult(name, null, null, UploadProblems.Of(result, request.Served).Details);
        }

        var predictions = RankedPrediction.Top(answered.Probabilities.Span, ensemble, settings.Top);
        var (confident, error) = ensemble.Judge(predictions[0].Probability, settings.Views, settings.MinConfidence);
        var models = settings.Detail ? MemberAnswer.Of(ensemble, answered, settings.Top) : null;
        var views = settings.WithViews ? ViewsAnswer.Of(answered, ensemble, settings.Views) : null;
        return new BatchResult(name, predictions, models, Error: null, confident, error, views);
    }
}

/// <summary>The classes of many photographs.</summary>
/// <param name="Results">One result for each photograph, in the order they were sent.</param>
/// <param name="Models">The models that answered.</param>
/// <param name="Crops">Crops that were averaged, 1 or 10.</param>
/// <param name="Timing">Where the time went.</param>
/// <param name="RequestId">Identifies this request in the service's log.</param>
internal sealed record BatchAnswer(
    IReadOnlyList<BatchResult> Results, IReadOnlyList<MemberAnswer> Models, int Crops, BatchTiming Timing, string RequestId);

/// <summary>The classes of one photograph, or an error.</summary>
/// <param name="Name">The file's name as it was sent, or <c>images[place]</c>.</param>
/// <param name="Predictions">The most probable classes, most probable first.</param>
/// <param name="Models">The most probable classes of each model, if <c>detail</c> was requested.</param>
/// <param name="Error">Why there is no answer, with the status of a request for this photograph alone.</param>
/// <param name="Confident">Whether the first prediction is sure enough, as in the answer to one photograph.</param>
/// <param name="ExpectedError">How often answers of about this probability are wrong, 0 to 1.</param>
/// <param name="Views">What the models saw and the answer to each crop, if <c>views</c> was requested.</param>
internal sealed record BatchResult(
    string Name,
    IReadOnlyList<RankedPrediction>? Predictions,
    IReadOnlyList<MemberAnswer>? Models,
    ProblemDetails? Error,
    bool? Confident = null,
    double? ExpectedError = null,
    ViewsAnswer? Views = null);

/// <summary>Where the time of a batch went, in milliseconds.</summary>
/// <param name="ReadMs">Reading the body.</param>
/// <param name="ClassifyMs">Classifying the photographs, from the first to the last answer.</param>
/// <param name="TotalMs">From the request's headers to its answer.</param>
internal sealed record BatchTiming(double ReadMs, double ClassifyMs, double TotalMs)
{
    public static BatchTiming Of(TimeSpan read, TimeSpan total) => new(
        AnswerTiming.Milliseconds(read), AnswerTiming.Milliseconds(total - read), AnswerTiming.Milliseconds(total));
}
