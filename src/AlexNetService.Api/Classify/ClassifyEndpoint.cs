namespace AlexNetService.Api.Classify;

/// <summary>Answers a photograph with its most probable classes.</summary>
internal static class ClassifyEndpoint
{
    public static void AddClassify(this IServiceCollection services) => services.AddValidated<ClassifyOptions>(ClassifyOptions.Section);

    public static void MapClassify(this IEndpointRouteBuilder routes) => routes.MapPost("/classify", Classify)
        .WithTags("Classify")
        .WithName("Classify")
        .WithSummary("Classify a photograph")
        .Offers(OfferedTypes.Json)
        .TakesPictures(new UploadMetadata());

    private static async Task<Results<Ok<ClassifyAnswer>, Problem>> Classify(
        [AsParameters] ClassifyQuery query, [AsParameters] UploadRequest request)
    {
        if (!query.Read().TryGet(out var settings, out var problem)
            || !(await request.ReadAsync(settings.Models)).TryGet(out var read, out problem))
        {
            return problem;
        }

        using var upload = read;
        using var result = await request.Engine.RunAsync(
            new PhotographRequest(upload.Picture, upload.Ensemble, settings.Views) { Cancellation = request.Cancellation });
        if (result is not InferenceResult.Answered answered)
        {
            return UploadProblems.Of(result, request.Served);
        }

        var timing = request.Answered(MemberAnswer.Names(upload.Ensemble), (int)settings.Views, answered.Timing);
        return TypedResults.Ok(ClassifyAnswer.Of(answered, upload.Ensemble, settings, timing, request.Context.TraceIdentifier));
    }
}
