using System.Text.Json;
using System.Text.Json.Serialization;
using AlexNetService.Inference.Ensembles;

namespace AlexNetService.Worker.Classify;

/// <summary>The answer to a photograph, as a line of JSON holds it: the names are those of the web service.</summary>
/// <param name="Photograph">The photograph.</param>
/// <param name="Predictions">The most probable classes, most probable first; null for one that could not be classified.</param>
/// <param name="Error">Why it could not be classified, or null.</param>
/// <param name="Models">The models whose mean this is, <c>name/version</c>.</param>
/// <param name="Crops">Views averaged, 1 or 10.</param>
/// <param name="Confident">Whether answers this probable are right in 90 of 100 cases, or null if that was not measured.</param>
/// <param name="ExpectedError">How often answers of about this probability are wrong, 0 to 1; null like the above.</param>
internal sealed record PhotographAnswer(
    string Photograph,
    IReadOnlyList<RankedClass>? Predictions,
    string? Error,
    IReadOnlyList<string> Models,
    int Crops,
    bool? Confident = null,
    double? ExpectedError = null);

/// <summary>A class and its probability.</summary>
/// <param name="Rank">Place, from 1.</param>
/// <param name="Index">Index of the class in the models' output.</param>
/// <param name="Id">Stable identifier of the class.</param>
/// <param name="Label">Name of the class.</param>
/// <param name="Probability">0 to 1.</param>
internal sealed record RankedClass(int Rank, int Index, string Id, string Label, float Probability)
{
    public static IReadOnlyList<RankedClass> Top(ReadOnlySpan<float> probabilities, Ensemble ensemble, int count) =>
    [
        .. Prediction.Top(probabilities, ensemble.Labels, count).Select((prediction, i) => new RankedClass(
            i + 1, prediction.Label.Index, prediction.Label.Id, prediction.Label.Name, prediction.Probability)),
    ];
}

/// <summary>JSON of answers: camelCase, one line, without nulls.</summary>
[JsonSerializable(typeof(PhotographAnswer))]
internal sealed partial class AnswerJson : JsonSerializerContext
{
    /// <summary>A line; letters outside ASCII stay readable.</summary>
    public static AnswerJson Line { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
