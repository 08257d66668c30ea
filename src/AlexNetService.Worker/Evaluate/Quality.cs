namespace AlexNetService.Worker.Evaluate;

/// <summary>How good probabilities are on some photographs.</summary>
/// <param name="Top1Error">Share whose class is not the first prediction, 0 to 1.</param>
/// <param name="Top5Error">Share whose class is not among the first five, 0 to 1.</param>
/// <param name="Nll">Mean negative log-likelihood of the right class, in nats.</param>
/// <param name="Ece">Expected calibration error, 0 to 1.</param>
/// <param name="Reliability">The bins that the calibration error is over.</param>
internal sealed record Quality(double Top1Error, double Top5Error, double Nll, double Ece, IReadOnlyList<ReliabilityBin> Reliability)
{
    public static Quality Of(Predictions predictions)
    {
        var (errors, bins) = (predictions.Errors(), ReliabilityBin.Of(predictions));
        return new Quality(errors.Top1, errors.Top5, NegativeLogLikelihood(predictions), ReliabilityBin.ExpectedCalibrationError(bins), bins);
    }

    /// <summary>A right class whose probability is too small for a float counts as the smallest float, 103 nats.</summary>
    private static double NegativeLogLikelihood(Predictions predictions) =>
        Enumerable.Range(0, predictions.Count)
            .Average(place => -Math.Log(Math.Max(predictions.Probabilities[place][predictions.Truth[place]], float.Epsilon)));
}
