namespace AlexNetService.Worker.Classify;

/// <summary>The answer to a photograph, as a line of JSON holds it: the names are those of the web service.</summary>
/// <param name="Predictions">The most probable classes, most probable first; null if it could not be classified.</param>
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

/// <summary>A class, its rank from 1, its index in the models' output, and its probability, 0 to 1.</summary>
internal sealed record RankedClass(int Rank, int Index, string Id, string Label, float Probability)
{
    public static IReadOnlyList<RankedClass> Top(ReadOnlySpan<float> probabilities, Ensemble ensemble, int count) =>
    [
        .. Prediction.Top(probabilities, ensemble.Labels, count).Select((prediction, i) => new RankedClass(
            i + 1, prediction.Label.Index, prediction.Label.Id, prediction.Label.Name, prediction.Probability)),
    ];
}
