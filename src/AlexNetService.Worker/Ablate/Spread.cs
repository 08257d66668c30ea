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
internal sealed record Difference(double Mean, double? StandardError)
{
    /// <summary>Standard errors beyond which a difference is called clear.</summary>
    public const double ClearBeyond = 2;

    /// <summary>In a word, whether the difference is larger than chance among seeds would make it.</summary>
    public string Verdict => StandardError is not { } error ? "one seed" : Math.Abs(Mean) > ClearBeyond * error ? "clear" : "within the spread";

    /// <summary>Of separate runs: √(s₁²/n₁ + s₂²/n₂). Equal seeds make no pairs, for other networks draw other numbers from them.</summary>
    public static Difference? Of(Spread? changed, Spread? baseline) => changed is null || baseline is null ? null : new Difference(
        changed.Mean - baseline.Mean,
        changed.Deviation is { } first && baseline.Deviation is { } second
            ? Math.Sqrt((first * first / changed.Count) + (second * second / baseline.Count))
            : null);

    /// <summary>Of the same networks measured twice: s/√n of each network's own difference.</summary>
    public static Difference? OfPairs(IReadOnlyCollection<double> differences) => Spread.Of(differences) is not { } spread ? null : new Difference(
        spread.Mean, spread.Deviation / Math.Sqrt(spread.Count));
}
