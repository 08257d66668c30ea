namespace AlexNetService.Worker.Evaluate;

/// <summary>Photographs whose first prediction has about the same probability: how sure the model was, and how often right.</summary>
/// <param name="Photographs">Photographs in the bin.</param>
/// <param name="Confidence">Mean probability of the first prediction, 0 to 1; 0 where the bin is empty.</param>
/// <param name="Accuracy">Share whose first prediction is right, 0 to 1; 0 where the bin is empty.</param>
internal sealed record ReliabilityBin(int Photographs, double Confidence, double Accuracy)
{
    /// <summary>Bins of equal width over (0, 1], as in Guo et al. 2017.</summary>
    public const int Count = 15;

    /// <summary>The bins, least sure first.</summary>
    public static IReadOnlyList<ReliabilityBin> Of(Predictions predictions)
    {
        var (photographs, confidence, right) = (new int[Count], new double[Count], new int[Count]);
        for (var place = 0; place < predictions.Count; place++)
        {
            var predicted = predictions.Predicted(place);
            var sure = predictions.Probabilities[place][predicted];

            // Bin b holds (b / Count, (b + 1) / Count].
            var bin = Math.Clamp((int)Math.Ceiling((double)sure * Count) - 1, 0, Count - 1);
            photographs[bin]++;
            confidence[bin] += sure;
            right[bin] += predicted == predictions.Truth[place] ? 1 : 0;
        }

        return
        [
            .. Enumerable.Range(0, Count).Select(bin => photographs[bin] == 0
                ? new ReliabilityBin(0, 0, 0)
                : new ReliabilityBin(photographs[bin], confidence[bin] / photographs[bin], (double)right[bin] / photographs[bin])),
        ];
    }

    /// <summary>Expected calibration error: mean distance of confidence and accuracy over the photographs, 0 to 1.</summary>
    public static double ExpectedCalibrationError(IReadOnlyList<ReliabilityBin> bins) =>
        bins.Sum(bin => bin.Photographs * Math.Abs(bin.Accuracy - bin.Confidence)) / bins.Sum(bin => bin.Photographs);
}
