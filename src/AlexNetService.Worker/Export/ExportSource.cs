using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;
using TorchSharp;

namespace AlexNetService.Worker.Export;

/// <summary>What is exported, wherever it came from.</summary>
internal sealed record ExportSource
{
    /// <summary>Mean colour of untrained weights: the middle grey, there being no photographs to take a mean of.</summary>
    private const double MiddleGrey = 127.5;

    public required NetworkArchitecture Architecture { get; init; }

    public required NamedWeights Weights { get; init; }

    public required ColourStatistics Colours { get; init; }

    public required IReadOnlyList<ClassLabel> Labels { get; init; }

    public TrainingManifest? Manifest { get; init; }

    /// <summary>Where the run's data set lay, or null.</summary>
    public string? DataSetPath { get; init; }

    /// <summary>Hash of the run's data set, or null.</summary>
    public string? DataSetSha256 { get; init; }

    /// <summary>Share of the data set that the run held out.</summary>
    public double ValidationFraction { get; init; }

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
            ValidationFraction = state.Recipe.ValidationFraction,
            Manifest = new TrainingManifest
            {
                Recipe = JsonSerializer.SerializeToElement(state.Recipe, WorkerJson.Line.TrainingRecipe),
                Seed = state.Seed,
                DataSet = state.DataSet,
                DataSetSha256 = state.DataSetSha256,
                TrainingImages = state.TrainingImages,
                ValidationImages = state.ValidationImages,
                Epochs = state.Epochs.Count,
                Started = state.Started,
                Finished = state.Epochs[^1].Finished,
                Software = new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["AlexNetService"] = VersionOf(typeof(ExportSource)),
                    ["TorchSharp"] = VersionOf(typeof(torch)),
                    [".NET"] = RuntimeInformation.FrameworkDescription,
                },
            },
        };
    }

    public static ExportSource Untrained(NetworkArchitecture architecture, int seed)
    {
        using var network = new ColumnNetwork(architecture, ColumnPlacement.OnCpu(architecture.Columns));
        ColumnWeights.Initialise(network, seed);
        return new ExportSource
        {
            Architecture = architecture,
            Weights = ColumnWeights.Merge(network),
            Colours = Grey(architecture),
            Labels = [.. Enumerable.Range(0, architecture.Classes).Select(index => new ClassLabel(index, $"class-{index}", $"class {index}"))],
        };
    }

    private static ColourStatistics Grey(NetworkArchitecture architecture)
    {
        var side = architecture.Geometry.Canvas;
        return new ColourStatistics([MiddleGrey, MiddleGrey, MiddleGrey], [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 0, 0])
        {
            MeanImage = architecture.MeanImage ? [.. Enumerable.Repeat((float)MiddleGrey, NetworkArchitecture.Channels * side * side)] : null,
        };
    }

    private static string VersionOf(Type type) =>
        type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
}
