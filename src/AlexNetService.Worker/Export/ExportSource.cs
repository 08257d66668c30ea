using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;
using AlexNetService.Training.Runs;

namespace AlexNetService.Worker.Export;

/// <summary>Weights to export and what is known about them.</summary>
internal sealed record ExportSource
{
    /// <summary>Mean colour of untrained weights: middle grey, since there are no photographs.</summary>
    private const double MiddleGrey = 127.5;

    public required NetworkArchitecture Architecture { get; init; }

    public required NamedWeights Weights { get; init; }

    public required ColourStatistics Colours { get; init; }

    public required IReadOnlyList<ClassLabel> Labels { get; init; }

    public TrainingManifest? Manifest { get; init; }

    /// <summary>Results of an evaluation for the card, or null.</summary>
    public EvaluatedCard? Evaluated { get; init; }

    /// <summary>The file of imported weights, or null.</summary>
    public WeightOrigin? Origin { get; init; }

    /// <summary>Path of the run's data set, or null.</summary>
    public string? DataSetPath { get; init; }

    /// <summary>Hash of the run's data set, or null.</summary>
    public string? DataSetSha256 { get; init; }

    /// <summary>The separate data set that the run held out, or null.</summary>
    public HeldOutSet? HeldOut { get; init; }

    /// <summary>The share of the data set that the run held out.</summary>
    public DataShare Share { get; init; } = new(0);

    /// <summary>The weights of a run.</summary>
    public static ExportSource Of(Checkpoint checkpoint)
    {
        var state = checkpoint.State;
        return new ExportSource
        {
            Architecture = state.Architecture,
            Weights = checkpoint.Weights,
            Colours = state.Colours,
            Labels = state.Labels,
            DataSetPath = state.DataSetPath,
            DataSetSha256 = state.DataSetSha256,
            HeldOut = state.HeldOut,
            Share = state.Recipe.Share with { HeldOutPerClass = null },
            Manifest = RunCheckpoint.ManifestOf(state),
        };
    }

    /// <summary>A layer table with its initial weights.</summary>
    public static ExportSource Untrained(NetworkArchitecture architecture, int seed)
    {
        using var network = new ColumnNetwork(architecture, ColumnPlacement.OnCpu(architecture.Columns));
        ColumnWeights.Initialise(network, seed);
        return new ExportSource
        {
            Architecture = architecture,
            Weights = ColumnWeights.Merge(network),
            Colours = OneColour(architecture, [MiddleGrey, MiddleGrey, MiddleGrey]),
            Labels = NumberedClasses(architecture.Classes),
        };
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
