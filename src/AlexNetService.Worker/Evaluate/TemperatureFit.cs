namespace AlexNetService.Worker.Evaluate;

/// <summary>
/// Fits one temperature to a model (Guo et al. 2017 §4.2): the one with the least negative log-likelihood of the served probabilities,
/// which are means over views. With several views the problem may not be convex, so a grid finds the valley and a golden section search its
/// minimum.
/// </summary>
internal static class TemperatureFit
{
    /// <summary>Largest temperature that is tried; the smallest is 1 / this.</summary>
    public const double Limit = 8;

    private const double Step = 2;
    private const double Precision = 1e-4;

    /// <summary>Fits the temperature to the logits, [views,classes], and the class of each photograph.</summary>
    /// <returns>Null if the photographs determine none within the limits, for example because none is an error.</returns>
    public static double? Of(IReadOnlyList<float[]> logits, IReadOnlyList<int> truth, int classes)
    {
        var costs = new double[logits.Count];
        double Cost(double logarithm)
        {
            var temperature = Math.Exp(logarithm);
            Parallel.For(0, costs.Length, place =>
                costs[place] = ViewLogits.NegativeLogLikelihood(logits[place], classes, truth[place], temperature));
            return costs.Sum();
        }

        var (width, edge) = (Math.Log(Step), Math.Log(Limit));
        var best = Enumerable.Range(0, (int)Math.Round(2 * edge / width) + 1).Select(i => (i * width) - edge).MinBy(Cost);
        return Math.Abs(best) > edge - (width / 2) ? null : Math.Exp(GoldenSection(Cost, best - width, best + width));
    }

    /// <summary>The minimum of a function with one valley between two ends (Kiefer 1953).</summary>
    private static double GoldenSection(Func<double, double> cost, double low, double high)
    {
        var ratio = (Math.Sqrt(5) - 1) / 2;
        var (left, right) = (high - (ratio * (high - low)), low + (ratio * (high - low)));
        var (costLeft, costRight) = (cost(left), cost(right));
        while (high - low > Precision)
        {
            if (costLeft <= costRight)
            {
                (high, right, costRight) = (right, left, costLeft);
                left = high - (ratio * (high - low));
                costLeft = cost(left);
            }
            else
            {
                (low, left, costLeft) = (left, right, costRight);
                right = low + (ratio * (high - low));
                costRight = cost(right);
            }
        }

        return (low + high) / 2;
    }
}
