namespace AlexNetService.Worker.Ablate;

/// <summary>What several seeds measured of one thing.</summary>
/// <param name="Count">How many.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="Deviation">Their standard deviation (n − 1), or null where there is only one.</param>
internal sealed record Spread(int Count, double Mean, double? Deviation)
{
    /// <summary>The spread of some values, or null where there is none.</summary>
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

/// <summary>A difference of two means.</summary>
/// <param name="Mean">The difference; above 0 where the first is larger.</param>
/// <param name="StandardError">Its standard error, or null where a side has one seed only.</param>
/// <param name="Freedom">Degrees of freedom of the standard error, or null likewise.</param>
internal sealed record Difference(double Mean, double? StandardError, double? Freedom)
{
    // Student's t, two-sided 95 %, for 1 to 10 degrees of freedom; then for 20, which stands for more.
    private static readonly double[] Quantiles = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
    private const double From20 = 2.086;

    /// <summary>In a word, whether the difference is larger than chance among seeds makes it in 19 of 20 cases (Welch's t-test).</summary>
    public string Verdict => StandardError is not { } error || Freedom is not { } freedom ? "one seed"
        : Math.Abs(Mean) > Quantile(freedom) * error ? "clear"
        : "within the spread";

    /// <summary>Of separate runs: √(s₁²/n₁ + s₂²/n₂). Equal seeds make no pairs, for other networks draw other numbers from them.</summary>
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

    /// <summary>Of the same networks measured twice: s/√n of each network's own difference.</summary>
    public static Difference? OfPairs(IReadOnlyCollection<double> differences) => Spread.Of(differences) is not { } spread ? null : new Difference(
        spread.Mean, spread.Deviation / Math.Sqrt(spread.Count), spread.Deviation is null ? null : spread.Count - 1);

    /// <summary>The next lower number of degrees stands for a fraction, so that the word is never too bold.</summary>
    private static double Quantile(double freedom) => freedom >= 20 ? From20 : Quantiles[Math.Clamp((int)Math.Floor(freedom + 1e-9), 1, Quantiles.Length) - 1];
}
