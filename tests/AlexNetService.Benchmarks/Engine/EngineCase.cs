using System.Diagnostics;
using AlexNetService.Imaging;

namespace AlexNetService.Benchmarks.Engine;

/// <summary>A way to classify some pictures with ten crops, timed in rounds.</summary>
/// <param name="name">Name in the table.</param>
/// <param name="members">Models that answer together.</param>
/// <param name="waiting">Pictures that are there at once.</param>
internal abstract class EngineCase(string name, int members, int waiting)
{
    private readonly List<(double Seconds, double Cpu)> rounds = [];

    public string Name => name;

    public int Members => members;

    public int Waiting => waiting;

    /// <summary>Median of the rounds, in seconds of processor time.</summary>
    public double CpuPerPicture => Median(round => round.Cpu);

    /// <summary>Median of the rounds.</summary>
    public double CropsPerSecond => 10 * members / Median(round => round.Seconds);

    /// <summary>Classifies enough pictures for about some seconds, and notes what they took.</summary>
    public void Measure(IReadOnlyList<Canvas> pictures, double seconds)
    {
        Canvas[] batch = [.. Enumerable.Range(0, waiting).Select(i => pictures[i % pictures.Count])];
        using var process = Process.GetCurrentProcess();
        var (cpu, watch, done) = (process.TotalProcessorTime, Stopwatch.StartNew(), 0);
        do
        {
            Classify(batch);
            done += waiting;
        }
        while (watch.Elapsed.TotalSeconds < seconds);

        var elapsed = watch.Elapsed.TotalSeconds;
        process.Refresh();
        rounds.Add((elapsed / done, (process.TotalProcessorTime - cpu).TotalSeconds / done));
    }

    /// <summary>Once, so that no round pays for first-time allocations.</summary>
    public void Warm(IReadOnlyList<Canvas> pictures)
    {
        Measure(pictures, 0);
        rounds.Clear();
    }

    protected abstract void Classify(IReadOnlyList<Canvas> pictures);

    private double Median(Func<(double Seconds, double Cpu), double> value) => rounds.Select(value).Order().ElementAt(rounds.Count / 2);
}
