namespace AlexNetService.Benchmarks.Training;

/// <summary>An implementation of the training step, timed in rounds.</summary>
/// <param name="name">Name in the table.</param>
/// <param name="batch">Images per step.</param>
internal abstract class Contender(string name, int batch) : IDisposable
{
    private readonly List<(double Seconds, double Cpu)> rounds = [];
    private int steps = 1;

    public string Name => name;

    /// <summary>Median of the rounds.</summary>
    public double ImagesPerSecond => steps * batch / Median(round => round.Seconds);

    /// <summary>Median of the rounds, in seconds of processor time.</summary>
    public double CpuPerImage => Median(round => round.Cpu) / (steps * batch);

    /// <summary>Warms up and computes the number of steps in a round.</summary>
    public void Prepare(double seconds)
    {
        _ = Run(2);
        steps = Math.Max(1, (int)(3 * seconds / Run(3).Seconds));
    }

    public void Measure() => rounds.Add(Run(steps));

    public abstract void Dispose();

    /// <summary>Makes some steps.</summary>
    protected abstract (double Seconds, double Cpu) Run(int steps);

    private double Median(Func<(double Seconds, double Cpu), double> value) => rounds.Select(value).Order().ElementAt(rounds.Count / 2);
}
