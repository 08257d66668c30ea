using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Benchmarks.Training;

/// <summary>Workers and the network between them: bytes a second of each worker's link, each way, and the latency of a message.</summary>
internal sealed record Link(int Workers, double BytesPerSecond, double Latency)
{
    /// <summary>
    /// Seconds of an allreduce: a reduce-scatter and an allgather, log2(N) messages each (Rabenseifner; Thakur et al. 2005).
    /// </summary>
    public double AllReduce(double bytes) =>
        (2 * Math.Log2(Workers) * Latency) + (2.0 * (Workers - 1) / Workers * bytes / BytesPerSecond);

    /// <summary>Seconds until each worker has the values of all others.</summary>
    public double AllGather(double bytesOfAWorker) =>
        (Math.Log2(Workers) * Latency) + ((Workers - 1) * bytesOfAWorker / BytesPerSecond);
}

/// <summary>
/// A model of the step of several workers: the forward pass takes a third of the computation, and a stretch of layers its share of the
/// multiply-adds. Sums of gradients begin when the backward pass has left a stretch, and take turns on the link. The update follows.
/// </summary>
/// <param name="Table">The network.</param>
/// <param name="SecondsPerCrop">Time of a crop in one worker alone.</param>
/// <param name="SecondsPerStep">Time of a step that does not depend on the crops: the update, mostly.</param>
/// <param name="SecondsPerMask">Time to draw the dropped units of a crop; each worker draws those of the whole batch.</param>
internal sealed record StepCost(NetworkArchitecture Table, double SecondsPerCrop, double SecondsPerStep, double SecondsPerMask)
{
    private const double Backward = 2.0 / 3;

    public long Parameters => Table.Rows().Sum(row => row.Parameters);

    public long DenseParameters => Table.Rows().Where(row => row.Layer is Dense or Classifier).Sum(row => row.Parameters);

    /// <summary>Seconds of a step of one worker alone.</summary>
    public double Alone(int crops) => SecondsPerStep + (crops * SecondsPerCrop);

    /// <summary>Seconds of a step in which each worker trains the whole network on its crops.</summary>
    public double Step(int crops, Link link, int bytes, bool overlaps)
    {
        var compute = crops * SecondsPerCrop;
        var (now, free) = ((1 - Backward) * compute, 0.0);
        foreach (var (parameters, share) in Stretches())
        {
            now += Backward * compute * share;
            free = Math.Max(overlaps ? now : compute, free) + link.AllReduce(parameters * bytes);
        }

        return Math.Max(now, free) + SecondsPerStep + Masks(crops, link);
    }

    /// <summary>
    /// Seconds of a step in which each worker has a part of the units of the dense layers, and computes them for the crops of all
    /// (Krizhevsky 2014, arXiv:1404.5997): activations and their gradients are exchanged, and only the convolutions' gradients are summed.
    /// </summary>
    public double StepOfDividedDense(int crops, Link link, int bytes)
    {
        var read = Table.Rows().Where(row => row.Layer is Dense or Classifier).Sum(row => (double)row.Input.Values);
        var activations = 2 * link.AllGather(crops * read * bytes);
        var convolutions = link.AllReduce((Parameters - DenseParameters) * bytes);

        // The sum of the upper convolutions is hidden behind the backward pass of the first stretch.
        var hidden = Backward * crops * SecondsPerCrop * Stretches().Last().Share;
        var own = (double)(Parameters - DenseParameters + (DenseParameters / link.Workers)) / Parameters;
        return (crops * SecondsPerCrop) + activations + Math.Max(0, convolutions - hidden) + (SecondsPerStep * own) + Masks(crops, link);
    }

    /// <summary>Time to draw the dropped units of the other workers' crops.</summary>
    private double Masks(int crops, Link link) => SecondsPerMask * crops * (link.Workers - 1);

    /// <summary>The stretches of <c>CutPass</c>, last first: their parameters and their share of the multiply-adds.</summary>
    private IEnumerable<(long Parameters, double Share)> Stretches()
    {
        var stretches = new List<List<LayerRow>>();
        foreach (var row in Table.Rows())
        {
            if (stretches.Count == 0 || row.Layer is WeightedLayer { Reads: Reads.BothColumns })
            {
                stretches.Add([]);
            }

            stretches[^1].Add(row);
        }

        var all = (double)Table.Rows().Sum(row => row.MultiplyAdds);
        return stretches.AsEnumerable().Reverse().Select(rows =>
            (rows.Sum(row => row.Parameters), rows.Sum(row => row.MultiplyAdds) / all));
    }
}
