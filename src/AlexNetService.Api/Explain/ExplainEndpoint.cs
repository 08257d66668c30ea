using AlexNetService.Api.Classify;
using AlexNetService.Inference.Explanations;

namespace AlexNetService.Api.Explain;

/// <summary>Answers a photograph with a map of the parts that its class depends on.</summary>
internal static class ExplainEndpoint
{
    public static void MapExplain(this IEndpointRouteBuilder routes) => routes.MapPostAndPut("/explain", Explain)
        .WithTags("Explain")
        .WithName("Explain")
        .WithSummary("Show which parts of a photograph its class depends on")
        .WithDescription(
            "Covers the canvas, place by place, with a square of the canvas's mean colour, classifies it each time with the models and "
            + "crops of an ordinary answer, and measures how much the probability of the class falls. "
            + $"Returns JSON, or {OfferedTypes.Png}: the map over the canvas, red where the class depends on the photograph, "
            + "as strong as the share of the probability that is lost.")
        .Offers(OfferedTypes.Json, OfferedTypes.Png)
        .WithMetadata(ExplainHeaders.All)
        .TakesPictures<ExplainQuery>(new UploadMetadata());

    private static async Task<Results<Ok<ExplainAnswer>, FileContentHttpResult, Problem>> Explain(
        [AsParameters] ExplainQuery query, [AsParameters] UploadRequest request)
    {
        if (!query.ReadModels().TryGet(out _, out var problem) || !(await request.ReadAsync()).TryGet(out var read, out problem))
        {
            return problem;
        }

        using var upload = read;
        query = query.With(upload.Parameters);
        if (!query.ReadModels().TryGet(out var names, out problem)
            || !upload.Select(names).TryGet(out var ensemble, out problem)
            || !query.Read(ensemble).TryGet(out var settings, out problem))
        {
            return problem;
        }

        using var result = await request.Engine.RunAsync(
            new OcclusionRequest(upload.Picture, ensemble, settings.Views, settings.Grid, settings.Index)
            {
                Cancellation = request.Cancellation,
            });
        if (result is not InferenceResult.Explained { Map: var map, Timing: var spent })
        {
            return UploadProblems.Of(result, request.Served);
        }

        var timing = request.Answered(MemberAnswer.Names(ensemble), (map.Grid.Count + 1) * (int)settings.Views, spent);
        if (request.Context.ChosenType() == OfferedTypes.Png)
        {
            ExplainHeaders.Write(request.Context.Response.Headers, map, ensemble, settings.Views);
            return TypedResults.Bytes(map.ToPng(), OfferedTypes.Png);
        }

        return TypedResults.Ok(ExplainAnswer.Of(map, ensemble, settings, timing, request.Context.TraceIdentifier));
    }
}

/// <summary>How much a class depends on each part of a photograph.</summary>
/// <param name="Class">The class.</param>
/// <param name="Probability">Its probability with nothing covered: the one of an ordinary answer.</param>
/// <param name="Models">The models that answered.</param>
/// <param name="Crops">Crops that were averaged each time, 1 or 10.</param>
/// <param name="Canvas">Side of the canvas, the centre square of the photograph, in pixels.</param>
/// <param name="Window">Side of the covering square, in pixels.</param>
/// <param name="Stride">Pixels from one place to the next. The last place touches the edge.</param>
/// <param name="Fill">Red, green and blue of the square.</param>
/// <param name="Offsets">The places, in pixels of the canvas: of the rows from the top, of the columns from the left.</param>
/// <param name="Falls">How much the probability falls with the square at each place, row by row; negative if it rises.</param>
/// <param name="Overlay">The map over the canvas, as a PNG in a data URI, if <c>overlay</c> was requested.</param>
/// <param name="Timing">Where the time went.</param>
/// <param name="RequestId">Identifies this request in the service's log.</param>
internal sealed record ExplainAnswer(
    ExplainedClass Class,
    float Probability,
    IReadOnlyList<MemberAnswer> Models,
    int Crops,
    int Canvas,
    int Window,
    int Stride,
    IReadOnlyList<int> Fill,
    IReadOnlyList<int> Offsets,
    IReadOnlyList<IReadOnlyList<float>> Falls,
    string? Overlay,
    AnswerTiming Timing,
    string RequestId)
{
    public static ExplainAnswer Of(
        OcclusionMap map, Ensemble ensemble, ExplainSettings settings, AnswerTiming timing, string requestId) => new(
        new ExplainedClass(map.Label.Index, map.Label.Id, map.Label.Name),
        map.Probability,
        MemberAnswer.Of(ensemble),
        (int)settings.Views,
        map.Grid.Canvas,
        map.Grid.Window,
        map.Grid.Stride,
        [.. map.Fill.ToArray().Select(value => (int)value)],
        map.Grid.Offsets,
        [.. map.Falls.ToArray().Chunk(map.Grid.Offsets.Count)],
        settings.Overlay ? OfferedTypes.DataUri(map.ToPng()) : null,
        timing,
        requestId);
}

/// <summary>The explained class.</summary>
/// <param name="Index">Index of the class in the models' output.</param>
/// <param name="Id">Stable identifier of the class.</param>
/// <param name="Label">Name of the class.</param>
internal sealed record ExplainedClass(int Index, string Id, string Label);
