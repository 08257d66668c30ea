namespace AlexNetService.Api.Classify;

/// <summary>Answers a photograph with its most probable classes.</summary>
internal static class ClassifyEndpoint
{
    public static void AddClassify(this IServiceCollection services) => services.AddValidated<ClassifyOptions>(ClassifyOptions.Section);

    public static void MapClassify(this IEndpointRouteBuilder routes) => routes.MapPost("/classify", Classify)
        .WithTags("Classify")
        .WithName("Classify")
        .WithSummary("Classify a photograph")
        .WithDescription(
            $"Returns JSON, or {OfferedTypes.Html}: a small page, for forms of browsers without JavaScript. {OfferedTypes.Html} is "
            + "returned only if Accept prefers it.")
        .Offers(OfferedTypes.Json, OfferedTypes.Html)
        .TakesPictures(new UploadMetadata());

    private static async Task<Results<Ok<ClassifyAnswer>, ContentHttpResult, Problem>> Classify(
        [AsParameters] ClassifyQuery query, [AsParameters] UploadRequest request)
    {
        if (!query.Read().TryGet(out var settings, out var problem)
            || !(await request.ReadAsync(settings.Models)).TryGet(out var read, out problem))
        {
            return problem;
        }

        using var upload = read;
        using var result = await request.Engine.RunAsync(
            new PhotographRequest(upload.Picture, upload.Ensemble, settings.Views)
            {
                WithViews = settings.WithViews,
                Cancellation = request.Cancellation,
            });
        if (result is not InferenceResult.Answered answered)
        {
            return UploadProblems.Of(result, request.Served);
        }

        var timing = request.Answered(MemberAnswer.Names(upload.Ensemble), (int)settings.Views, answered.Timing);
        var answer = ClassifyAnswer.Of(answered, upload.Ensemble, settings, timing, request.Context.TraceIdentifier);
        return request.Context.ChosenType() == OfferedTypes.Html
            ? PlainPage.Of(answer.Predictions[0].Label, [.. answer.Predictions.Select(Line), .. Confidence(answer)])
            : TypedResults.Ok(answer);
    }

    private static string Line(RankedPrediction prediction) =>
        string.Create(CultureInfo.InvariantCulture, $"{prediction.Label}: {100 * prediction.Probability:0.0} %");

    private static IEnumerable<string> Confidence(ClassifyAnswer answer) => answer.ExpectedError is not { } error ? [] :
    [
        string.Create(
            CultureInfo.InvariantCulture,
            $"{(answer.Confident == true ? "Sure" : "Not sure")}: of 100 answers like this one, about {100 * (1 - error):0} are right."),
    ];
}
