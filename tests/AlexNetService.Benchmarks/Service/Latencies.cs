using System.Collections.Concurrent;
using System.Globalization;

namespace AlexNetService.Benchmarks.Service;

/// <summary>Latencies of requests.</summary>
internal sealed class Latencies
{
    private readonly ConcurrentBag<double> milliseconds = [];

    public int Count => milliseconds.Count;

    public void Add(TimeSpan latency) => milliseconds.Add(latency.TotalMilliseconds);

    /// <summary>A quantile of the latencies, in milliseconds (nearest rank).</summary>
    public double Quantile(double share)
    {
        var ordered = milliseconds.Order().ToArray();
        return ordered.Length == 0 ? double.NaN : ordered[Math.Max(0, (int)Math.Ceiling(share * ordered.Length) - 1)];
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"p50 {Quantile(0.5):0.0} ms, p99 {Quantile(0.99):0.0} ms, longest {Quantile(1):0.0} ms");
}
