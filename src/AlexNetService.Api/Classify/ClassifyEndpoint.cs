namespace AlexNetService.Api.Classify;

/// <summary>Answers a photograph with its most probable classes.</summary>
internal static class ClassifyEndpoint
{
    public static void AddClassify(this IServiceCollection services) => services.AddValidated<ClassifyOptions>(ClassifyOptions.Section);

    public static void MapClassify(this IEndpointRouteBuilder routes) => routes.MapPostAndPut("/classify", Classify)
        .WithTags("Classify")
        .WithName("Classify")
        .WithSummary("Classify a photograph")
        .WithDescription(
            $"Returns JSON, or {OfferedTypes.Html}: a small page, for forms of browsers without JavaScript. {OfferedTypes.Html} is "
            + "returned only if Accept prefers it.")
        .Offers(OfferedTypes.Json, OfferedTypes.Html)
        .TakesPictures<ClassifyQuery>(new UploadMetadata());

    private static async Task<Results<Ok<ClassifyAnswer>, ContentHttpResult, Problem>> Classify(
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

        using var result = await request.Engine.RunAsync(
            new PhotographRequest(upload.Picture, ensemble, settings.Views)
            {
                WithViews = settings.WithViews,
                Cancellation = request.Cancellation,
            });
        if (result is not InferenceResult.Answered answered)
        {
            return UploadProblems.Of(result, request.Served);
        }

        var timing = request.Answered(MemberAnswer.Names(ensemble), (int)settings.Views, answered.Timing);
        var answer = ClassifyAnswer.Of(answered, ensemble, settings, timing, request.Context.TraceIdentifier);
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
