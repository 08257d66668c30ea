namespace AlexNetService.Benchmarks.Decode;

/// <summary>A decoder of photographs to canvases, timed in rounds on one thread.</summary>
/// <param name="name">Name in the table.</param>
internal abstract class DecodeCase(string name) : IDisposable
{
    private readonly List<double> rounds = [];

    public string Name => name;

    /// <summary>Median of the rounds, in seconds of processor time for all photographs.</summary>
    public double Seconds => rounds.Order().ElementAt(rounds.Count / 2);

    public void Measure() => rounds.Add(DecodeAll());

    public virtual void Dispose()
    {
    }

    /// <summary>Decodes every photograph once.</summary>
    /// <returns>Seconds of processor time.</returns>
    protected abstract double DecodeAll();
}
