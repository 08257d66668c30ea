using System.Text.Json.Serialization;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Data;

namespace AlexNetService.Training.Loop;

/// <summary>Everything about a run but its weights; each checkpoint carries it whole, so that one file is enough to go on.</summary>
public sealed record TrainingState
{
    /// <summary>The layer table.</summary>
    public required NetworkArchitecture Architecture { get; init; }

    /// <summary>The recipe.</summary>
    public required TrainingRecipe Recipe { get; init; }

    /// <summary>Seed of the initial weights, the order, the crops and the dropout.</summary>
    public required int Seed { get; init; }

    /// <summary>The classes.</summary>
    public required IReadOnlyList<ClassLabel> Labels { get; init; }

    /// <summary>Mean and principal components of the training photographs' colours.</summary>
    public required ColourStatistics Colours { get; init; }

    /// <summary>Name of the data set.</summary>
    public required string DataSet { get; init; }

    /// <summary>Where the data set lay when the run began.</summary>
    public required string DataSetPath { get; init; }

    /// <summary>Hash of the data set's names and lengths.</summary>
    public required string DataSetSha256 { get; init; }

    /// <summary>The other data set that is held out, or null where a share of the one learned from is.</summary>
    public HeldOutSet? HeldOut { get; init; }

    /// <summary>Photographs learned from.</summary>
    public required int TrainingImages { get; init; }

    /// <summary>Photographs held out.</summary>
    public required int ValidationImages { get; init; }

    /// <summary>Devices of the columns, as <c>--devices</c> names them; a run goes on where it was.</summary>
    public string? Devices { get; init; }

    /// <summary>Threads of one operation on the CPU; with as many the same sums are rounded the same way. Null in older checkpoints.</summary>
    public int? Threads { get; init; }

    /// <summary>How the weights that the run began with came about, or null where they were drawn.</summary>
    public TrainingManifest? BegunWith { get; init; }

    /// <summary>When the run began, UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>What the epochs so far brought.</summary>
    public IReadOnlyList<EpochResult> Epochs { get; init; } = [];

    /// <summary>How far the epoch after those is, or null between two epochs.</summary>
    public EpochUnderWay? UnderWay { get; init; }

    /// <summary>The finished epoch with the least top-1 error on held-out photographs, the first of equals; the last where none was measured.</summary>
    [JsonIgnore]
    public EpochResult? Best => Epochs.MinBy(epoch => epoch.ValidationTop1Error ?? -epoch.Epoch);
}

/// <summary>A data set that is held out whole.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Path">Where it lay when the run began.</param>
/// <param name="Sha256">Hash of its names and lengths.</param>
public sealed record HeldOutSet(string Name, string Path, string Sha256);

/// <summary>What an epoch brought.</summary>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="LearningRate">The rate of its last step.</param>
/// <param name="Loss">Mean negative log-likelihood of the training crops, in nats, each measured before its step.</param>
/// <param name="TrainingTop1Error">Top-1 error of the same crops, with dropout, 0 to 1.</param>
/// <param name="ValidationTop1Error">Top-1 error of the held-out centre crops, 0 to 1; null where none were held out.</param>
/// <param name="ValidationTop5Error">Top-5 error of the same.</param>
/// <param name="Seconds">How long the epoch took, in seconds, validation included.</param>
/// <param name="Finished">When it ended, UTC.</param>
public sealed record EpochResult(
    int Epoch,
    double LearningRate,
    double Loss,
    double TrainingTop1Error,
    double? ValidationTop1Error,
    double? ValidationTop5Error,
    double Seconds,
    DateTimeOffset Finished);
