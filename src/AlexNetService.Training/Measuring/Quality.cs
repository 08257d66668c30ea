namespace AlexNetService.Training.Measuring;

/// <summary>Photographs whose first prediction has about the same probability.</summary>
/// <param name="Photographs">Photographs in the bin.</param>
/// <param name="Confidence">Mean probability of the first prediction, 0 to 1; 0 if the bin is empty.</param>
/// <param name="Accuracy">Share whose first prediction is right, 0 to 1; 0 if the bin is empty.</param>
public sealed record ReliabilityBin(int Photographs, double Confidence, double Accuracy);

/// <summary>How good a model's probabilities are for some photographs.</summary>
/// <param name="Top1Error">Share whose class is not the first prediction, 0 to 1.</param>
/// <param name="Top5Error">Share whose class is not among the first five, 0 to 1.</param>
/// <param name="Nll">Mean negative log-likelihood of the right class, in nats.</param>
/// <param name="Ece">Expected calibration error, 0 to 1: mean |confidence − accuracy| over the photographs.</param>
/// <param name="Reliability">Bins of equal width over (0, 1], least confident first (Guo et al. 2017).</param>
public sealed record Quality(double Top1Error, double Top5Error, double Nll, double Ece, IReadOnlyList<ReliabilityBin> Reliability)
{
    private const int Bins = 15;

    /// <summary>Counts predictions.</summary>
    public static Quality Of(Predictions predictions)
    {
        var (errors, bins) = (predictions.Errors(), ReliabilityOf(predictions));
        var ece = bins.Sum(bin => bin.Photographs * Math.Abs(bin.Accuracy - bin.Confidence)) / bins.Sum(bin => bin.Photographs);
        return new Quality(errors.Top1, errors.Top5, NegativeLogLikelihood(predictions), ece, bins);
    }

    /// <summary>How often first predictions are right, by their probability.</summary>
    public ConfidenceTable ToConfidenceTable(string source, int crops) => new(
        source,
        Reliability.Sum(bin => bin.Photographs),
        crops,
        [
            .. Reliability.Select((bin, i) => new ConfidenceBin(
                Math.Round((double)i / Reliability.Count, 4), bin.Photographs, (int)Math.Round(bin.Accuracy * bin.Photographs))),
        ]);

    /// <summary>A probability of the right class that is too small for a float counts as the smallest float, 103 nats.</summary>
    private static double NegativeLogLikelihood(Predictions predictions) =>
        Enumerable.Range(0, predictions.Count)
            .Average(place => -Math.Log(Math.Max(predictions.Probabilities[place][predictions.Truth[place]], float.Epsilon)));

    private static IReadOnlyList<ReliabilityBin> ReliabilityOf(Predictions predictions)
    {
        var (photographs, confidence, right) = (new int[Bins], new double[Bins], new int[Bins]);
        for (var place = 0; place < predictions.Count; place++)
        {
            var predicted = predictions.Predicted(place);
            var probability = predictions.Probabilities[place][predicted];

            // Bin b holds (b / Bins, (b + 1) / Bins].
            var bin = Math.Clamp((int)Math.Ceiling((double)probability * Bins) - 1, 0, Bins - 1);
            photographs[bin]++;
            confidence[bin] += probability;
            right[bin] += predicted == predictions.Truth[place] ? 1 : 0;
        }

        return
        [
            .. Enumerable.Range(0, Bins).Select(bin => photographs[bin] == 0
                ? new ReliabilityBin(0, 0, 0)
                : new ReliabilityBin(photographs[bin], confidence[bin] / photographs[bin], (double)right[bin] / photographs[bin])),
        ];
    }
}
