using AlexNetService.Api.Classify;
using AlexNetService.Inference.Explanations;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.Api.Explain;

/// <summary>How much a class depends on each part of a photograph's centre crop.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Version">Its version.</param>
/// <param name="Class">The class.</param>
/// <param name="Probability">Its probability with nothing covered.</param>
/// <param name="Canvas">Side of the canvas that the crop is the middle of, in pixels.</param>
/// <param name="Crop">Side of the crop, in pixels.</param>
/// <param name="Window">Side of the square, in pixels.</param>
/// <param name="Stride">Pixels from one place to the next; the last one lies at the edge.</param>
/// <param name="Fill">Red, green and blue of the square.</param>
/// <param name="Offsets">The places, in pixels of the crop: of the rows from the top, of the columns from the left.</param>
/// <param name="Falls">Rows of numbers: how much the probability falls where the square is; below 0 where it rises.</param>
/// <param name="Overlay">The map over the crop, a PNG as a data URI, where <c>overlay</c> was asked for.</param>
/// <param name="Timing">Where the time went.</param>
/// <param name="RequestId">Names this request in the service's log.</param>
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
        overlay ? $"data:image/png;base64,{Convert.ToBase64String(OcclusionOverlay.Png(map))}" : null,
        timing,
        requestId);
}

/// <summary>The class that is explained.</summary>
/// <param name="Index">Index of the class in the model's output.</param>
/// <param name="Id">Stable identifier of the class.</param>
/// <param name="Label">What a person calls it.</param>
internal sealed record ExplainedClass(int Index, string Id, string Label);
