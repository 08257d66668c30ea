using AlexNetService.Api.Classify;
using AlexNetService.Inference.Explanations;

namespace AlexNetService.Api.Explain;

/// <summary>Answers a photograph with a map of the parts that its class depends on.</summary>
internal static class ExplainEndpoint
{
    public static void MapExplain(this IEndpointRouteBuilder routes) => routes.MapPost("/explain", Explain)
        .WithTags("Explain")
        .WithName("Explain")
        .WithSummary("Show which parts of a photograph its class depends on")
        .WithDescription(
            "Covers the centre crop, place by place, with a square of the crop's mean colour, and measures how much the probability falls. "
            + $"Returns JSON, or {OfferedTypes.Png}: the map over the crop, red where the class depends on the photograph.")
        .Offers(OfferedTypes.Json, OfferedTypes.Png)
        .TakesPictures(new UploadMetadata(OneModel: true));

    private static async Task<Results<Ok<ExplainAnswer>, FileContentHttpResult, Problem>> Explain(
        [AsParameters] ExplainQuery query, [AsParameters] UploadRequest request)
    {
        if (!QueryValue.TryModels(query.Models, out var names))
        {
            return QueryValue.Refuse("models", query.Models, QueryValue.ModelsRemedy);
        }

        if (!(await request.ReadAsync(names)).TryGet(out var read, out var problem))
        {
            return problem;
        }

        using var upload = read;
        if (!upload.OneModel().TryGet(out var model, out problem) || !query.Read(model).TryGet(out var settings, out problem))
        {
            return problem;
        }

        using var result = await request.Engine.RunAsync(
            new OcclusionRequest(upload.Picture, Ensemble.Alone(model), settings.Grid, settings.Index)
            {
                Cancellation = request.Cancellation,
            });
        if (result is not InferenceResult.Explained { Map: var map, Timing: var spent })
        {
            return UploadProblems.Of(result, request.Served);
        }

        var timing = request.Answered([model.Card.Name], map.Grid.Count + 1, spent);
        return request.Context.ChosenType() == OfferedTypes.Png
            ? TypedResults.Bytes(map.ToPng(), OfferedTypes.Png)
            : TypedResults.Ok(ExplainAnswer.Of(model, map, settings.Overlay, timing, request.Context.TraceIdentifier));
    }
}

/// <summary>How much a class depends on each part of a photograph's centre crop.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Version">Its version.</param>
/// <param name="Class">The class.</param>
/// <param name="Probability">Its probability with nothing covered.</param>
/// <param name="Canvas">Side of the canvas, in pixels; the crop is its centre.</param>
/// <param name="Crop">Side of the crop, in pixels.</param>
/// <param name="Window">Side of the square, in pixels.</param>
/// <param name="Stride">Pixels from one place to the next. The last place touches the edge.</param>
/// <param name="Fill">Red, green and blue of the square.</param>
/// <param name="Offsets">The places, in pixels of the crop: of the rows from the top, of the columns from the left.</param>
/// <param name="Falls">How much the probability falls with the square at each place, row by row; negative if it rises.</param>
/// <param name="Overlay">The map over the crop, as a PNG in a data URI, if <c>overlay</c> was requested.</param>
/// <param name="Timing">Where the time went.</param>
/// <param name="RequestId">Identifies this request in the service's log.</param>
internal sealed record ExplainAnswer(
    string Model,
    int Version,
    ExplainedClass Class,
    float Probability,
    int Canvas,
    int Crop,
    int Window,
    int Stride,
    IReadOnlyList<int> Fill,
    IReadOnlyList<int> Offsets,
    IReadOnlyList<IReadOnlyList<float>> Falls,
    string? Overlay,
    AnswerTiming Timing,
    string RequestId)
{
    public static ExplainAnswer Of(ModelSession model, OcclusionMap map, bool overlay, AnswerTiming timing, string requestId) => new(
        model.Card.Name,
        model.Card.Version,
        new ExplainedClass(map.Label.Index, map.Label.Id, map.Label.Name),
        map.Probability,
        model.Card.Preprocessing.Canvas,
        map.Grid.Crop,
        map.Grid.Window,
        map.Grid.Stride,
        [.. map.Fill.ToArray().Select(value => (int)value)],
        map.Grid.Offsets,
        [.. map.Falls.ToArray().Chunk(map.Grid.Offsets.Count)],
        overlay ? $"data:image/png;base64,{Convert.ToBase64String(map.ToPng())}" : null,
        timing,
        requestId);
}

/// <summary>The explained class.</summary>
/// <param name="Index">Index of the class in the model's output.</param>
/// <param name="Id">Stable identifier of the class.</param>
/// <param name="Label">Name of the class.</param>
internal sealed record ExplainedClass(int Index, string Id, string Label);
