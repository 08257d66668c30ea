namespace AlexNetService.Worker.Export;

/// <summary>A network to export, the state of the run that trained it, and the results of its evaluation; null where unknown.</summary>
internal sealed record ExportSource(TrainedNetwork Network, TrainingState? Run = null, EvaluatedCard? Evaluated = null)
{
    /// <summary>Mean colour of untrained weights: middle grey, since there are no photographs.</summary>
    private const double MiddleGrey = 127.5;

    public static ExportSource Of(Checkpoint checkpoint) => new(TrainedNetwork.Of(checkpoint), checkpoint.State);

    /// <summary>A layer table with its initial weights.</summary>
    public static ExportSource Untrained(NetworkArchitecture architecture, int seed)
    {
        using var network = new ColumnNetwork(architecture, ColumnPlacement.OnCpu(architecture.Columns));
        ColumnWeights.Initialise(network, seed);
        return new ExportSource(new TrainedNetwork(
            architecture,
            ColumnWeights.Merge(network),
            ColourStatistics.OfMean([MiddleGrey, MiddleGrey, MiddleGrey], architecture),
            NumberedClasses(architecture.Classes),
            Manifest: null,
            Origin: null));
    }

    public static IReadOnlyList<ClassLabel> NumberedClasses(int classes) =>
        [.. Enumerable.Range(0, classes).Select(index => new ClassLabel(index, $"class-{index}", $"class {index}"))];
}
