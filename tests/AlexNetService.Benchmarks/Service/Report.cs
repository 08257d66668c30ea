namespace AlexNetService.Benchmarks.Service;

/// <summary>Prints results in the invariant culture.</summary>
internal static class Report
{
    public static void Line(FormattableString line) => Console.WriteLine(FormattableString.Invariant(line));

    public static double Median(IEnumerable<double> values)
    {
        var ordered = values.Order().ToArray();
        return (ordered[(ordered.Length - 1) / 2] + ordered[ordered.Length / 2]) / 2;
    }
}
