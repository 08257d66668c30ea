namespace AlexNetService.Laboratory.Ablate;

/// <summary>One quantity measured with several seeds.</summary>
/// <param name="Deviation">Standard deviation (n − 1), or null if there is only one seed.</param>
internal sealed record Spread(int Count, double Mean, double? Deviation)
{
    public static Spread? Of(IReadOnlyCollection<double> values)
    {
        if (values.Count == 0)
        {
            return null;
        }

        var mean = values.Average();
        return new Spread(
            values.Count,
            mean,
            values.Count == 1 ? null : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1)));
    }
}

/// <summary>A difference of two means, above 0 if the first is larger. Of a single seed, the standard error is unknown.</summary>
/// <param name="Freedom">Degrees of freedom of the standard error.</param>
internal sealed record Difference(double Mean, double? StandardError, double? Freedom)
{
    // Student's t, two-sided 95 %, for 1 to 10 degrees of freedom, and for 20 or more.
    private static readonly double[] Quantiles = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
    private const double From20 = 2.086;

    /// <summary>Whether the difference is larger than chance among seeds makes it in 19 of 20 cases (Welch's t-test).</summary>
    public string Verdict => StandardError is not { } error || Freedom is not { } freedom ? "one seed"
        : Math.Abs(Mean) > Quantile(freedom) * error ? "clear"
        : "within the spread";

    /// <summary>
    /// Difference of separate runs, with error √(s₁²/n₁ + s₂²/n₂). Equal seeds are not pairs: different networks draw different numbers
    /// from them.
    /// </summary>
    public static Difference? Of(Spread? changed, Spread? baseline)
    {
        if (changed is null || baseline is null)
        {
            return null;
        }

        if (changed.Deviation is not { } first || baseline.Deviation is not { } second)
        {
            return new Difference(changed.Mean - baseline.Mean, null, null);
        }

        var (a, b) = (first * first / changed.Count, second * second / baseline.Count);
        var freedom = a + b > 0
            ? (a + b) * (a + b) / ((a * a / (changed.Count - 1)) + (b * b / (baseline.Count - 1)))
            : changed.Count + baseline.Count - 2;
        return new Difference(changed.Mean - baseline.Mean, Math.Sqrt(a + b), freedom);
    }

    /// <summary>Difference of the same networks measured twice, with error s/√n of each network's own difference.</summary>
    public static Difference? OfPairs(IReadOnlyCollection<double> differences) => Spread.Of(differences) is { } spread
        ? new Difference(spread.Mean, spread.Deviation / Math.Sqrt(spread.Count), spread.Deviation is null ? null : spread.Count - 1)
        : null;

    /// <summary>Fractions are rounded down, which errs on the cautious side.</summary>
    private static double Quantile(double freedom) => freedom >= 20
        ? From20
        : Quantiles[Math.Clamp((int)Math.Floor(freedom + 1e-9), 1, Quantiles.Length) - 1];
}
