namespace AlexNetService.Training.Measuring;

/// <summary>A photograph that a model is wrong about, and its confidence.</summary>
/// <param name="Photograph">Path inside the data set.</param>
/// <param name="Shown">Identifier of the class it shows.</param>
/// <param name="Predicted">Identifier of the predicted class.</param>
/// <param name="Probability">Probability of the predicted class, 0 to 1.</param>
public sealed record ConfidentError(string Photograph, string Shown, string Predicted, float Probability)
{
    /// <summary>The most confident errors, most confident first.</summary>
    /// <param name="predictions">The predictions.</param>
    /// <param name="count">How many at most.</param>
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
