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
            OneColour(architecture, [MiddleGrey, MiddleGrey, MiddleGrey]),
            NumberedClasses(architecture.Classes),
            Manifest: null,
            Origin: null));
    }

    /// <summary>Classes without names.</summary>
    public static IReadOnlyList<ClassLabel> NumberedClasses(int classes) =>
        [.. Enumerable.Range(0, classes).Select(index => new ClassLabel(index, $"class-{index}", $"class {index}"))];

    /// <summary>Statistics with only a mean colour; a mean image has that colour everywhere.</summary>
    public static ColourStatistics OneColour(NetworkArchitecture architecture, IReadOnlyList<double> mean)
    {
        var pixels = architecture.Geometry.Canvas * architecture.Geometry.Canvas;
        return new ColourStatistics(mean, [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 0, 0])
        {
            MeanImage = architecture.MeanImage ? [.. mean.SelectMany(value => Enumerable.Repeat((float)value, pixels))] : null,
        };
    }
}
