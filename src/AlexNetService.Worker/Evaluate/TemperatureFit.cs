using AlexNetService.Training.Measuring;

namespace AlexNetService.Worker.Evaluate;

/// <summary>
/// One temperature a model (Guo et al. 2017 §4.2): the one with the least negative log-likelihood of the probabilities that are served,
/// which are means over views. With several views that is not convex for sure, so a grid finds the valley and a golden section its floor.
/// </summary>
internal static class TemperatureFit
{
    /// <summary>The temperatures that are looked at lie between 1 / this and this.</summary>
    public const double Limit = 8;

    private const double Step = 2;
    private const double Precision = 1e-4;

    /// <param name="logits">For each photograph, [views,classes].</param>
    /// <param name="truth">For each photograph, its class.</param>
    /// <param name="classes">Number of classes.</param>
    /// <returns>
    /// The temperature, or null where none between the limits is best: the photographs do not tell, such as those of which none is an
    /// error.
    /// </returns>
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

    /// <summary>The least place of a function with one valley between two ends (Kiefer 1953).</summary>
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
