namespace AlexNetService.Laboratory.Measure;

/// <summary>
/// Searches the weights of an ensemble's members that minimise the negative log-likelihood of the weighted mean of their probabilities.
/// Weights are at least 0 and sum to 1. The problem is convex, so there is one best answer. The top-1 error has plateaus, on which a
/// search would overfit the photographs it saw.
/// </summary>
internal static class EnsembleWeights
{
    private const int MostRounds = 5000;
    private const double Settled = 1e-7;

    /// <summary>Members with a smaller weight are left out.</summary>
    private const double Least = 1e-3;

    /// <summary>
    /// Expectation maximisation of a mixture with fixed components (Dempster, Laird, Rubin 1977): a member's new weight is its mean
    /// share of the ensemble's probability of the right class. No step leaves the simplex or lowers the likelihood.
    /// </summary>
    public static double[] Search(IReadOnlyList<Predictions> members)
    {
        var right = members.Select(OfTheRightClass).ToArray();
        var weights = Equal(members.Count);
        for (var (round, moved) = (0, 1.0); round < MostRounds && moved > Settled; round++)
        {
            var next = Improved(weights, right);
            moved = weights.Zip(next, (old, now) => Math.Abs(old - now)).Sum();
            weights = next;
        }

        var total = weights.Where(weight => weight >= Least).Sum();
        return [.. weights.Select(weight => weight >= Least ? weight / total : 0)];
    }

    public static double[] Equal(int members) => [.. Enumerable.Repeat(1.0 / members, members)];

    private static double[] Improved(double[] weights, double[][] right)
    {
        var shares = new double[weights.Length];
        for (var place = 0; place < right[0].Length; place++)
        {
            var mixed = 0.0;
            for (var member = 0; member < weights.Length; member++)
            {
                mixed += weights[member] * right[member][place];
            }

            for (var member = 0; member < weights.Length; member++)
            {
                shares[member] += weights[member] * right[member][place] / mixed;
            }
        }

        return [.. shares.Select(share => share / right[0].Length)];
    }

    // Above 0: a photograph that no member gets right must not cause a division by 0.
    private static double[] OfTheRightClass(Predictions member) =>
        [.. member.Truth.Select((label, place) => Math.Max(member.Probabilities[place][label], (double)float.Epsilon))];
}
