using System.Diagnostics;
using AlexNetService.Imaging;

namespace AlexNetService.Benchmarks.Engine;

/// <summary>A classifier with ten crops, timed in rounds.</summary>
/// <param name="name">Name in the table.</param>
/// <param name="members">Number of models in the ensemble.</param>
/// <param name="waiting">Number of pictures that wait at the same time.</param>
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

    /// <summary>Classifies pictures for about the given seconds and records the times.</summary>
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

    /// <summary>Runs once without recording, so that no round includes first-time allocations.</summary>
    public void Warm(IReadOnlyList<Canvas> pictures)
    {
        Measure(pictures, 0);
        rounds.Clear();
    }

    protected abstract void Classify(IReadOnlyList<Canvas> pictures);

    private double Median(Func<(double Seconds, double Cpu), double> value) => rounds.Select(value).Order().ElementAt(rounds.Count / 2);
}
