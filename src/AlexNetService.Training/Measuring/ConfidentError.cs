namespace AlexNetService.Training.Measuring;

/// <summary>
/// A photograph, by its path inside the data set, that a model is wrong about: identifiers of the class it shows and of the predicted
/// class, and the probability of the latter, 0 to 1.
/// </summary>
public sealed record ConfidentError(string Photograph, string Shown, string Predicted, float Probability)
{
    /// <summary>The most confident errors, most confident first.</summary>
    public static IReadOnlyList<ConfidentError> Of(Predictions predictions, int count) =>
    [
        .. Enumerable.Range(0, predictions.Count)
            .Select(place => (Place: place, Predicted: predictions.Predicted(place)))
            .Where(error => error.Predicted != predictions.Truth[error.Place])
            .OrderByDescending(error => predictions.Probabilities[error.Place][error.Predicted])
            .Take(count)
            .Select(error => new ConfidentError(
                predictions.Photographs[error.Place].Path,
                predictions.Labels[predictions.Truth[error.Place]].Id,
                predictions.Labels[error.Predicted].Id,
                predictions.Probabilities[error.Place][error.Predicted])),
    ];
}
