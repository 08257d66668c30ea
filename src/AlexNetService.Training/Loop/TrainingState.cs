namespace AlexNetService.Training.Loop;

/// <summary>Everything about a run except weights and velocities; every checkpoint contains it, so one file is enough to resume.</summary>
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

    /// <summary>Mean and principal components of the colours of the training photographs.</summary>
    public required ColourStatistics Colours { get; init; }

    /// <summary>Name of the data set.</summary>
    public required string DataSet { get; init; }

    /// <summary>Path of the data set when the run began.</summary>
    public required string DataSetPath { get; init; }

    /// <summary>Hash of the data set's file names and lengths.</summary>
    public required string DataSetSha256 { get; init; }

    /// <summary>The separate data set to validate on, or null if a share of the training set is held out.</summary>
    public HeldOutSet? HeldOut { get; init; }

    /// <summary>Whether photographs with the same bytes are left out of learning. False in older checkpoints.</summary>
    public bool LeavesOutCopies { get; init; }

    /// <summary>Number of photographs to train on.</summary>
    public required int TrainingImages { get; init; }

    /// <summary>Number of held-out photographs.</summary>
    public required int ValidationImages { get; init; }

    /// <summary>Devices of the columns in the form of <c>--devices</c>; a resumed run uses the same ones by default.</summary>
    public string? Devices { get; init; }

    /// <summary>
    /// Threads per operation on the CPU; the same number rounds the same sums the same way. Null in older checkpoints.
    /// </summary>
    public int? Threads { get; init; }

    /// <summary>How the initial weights were trained, or null if they were drawn at random or nothing is known about it.</summary>
    public TrainingManifest? BegunWith { get; init; }

    /// <summary>The package or file of the initial weights, or null if they were drawn at random or are those of a run.</summary>
    public WeightOrigin? BegunFrom { get; init; }

    /// <summary>Start of the run, UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>Results of the finished epochs.</summary>
    public IReadOnlyList<EpochResult> Epochs { get; init; } = [];

    /// <summary>Progress of the epoch after those, or null between two epochs.</summary>
    public EpochUnderWay? UnderWay { get; init; }

    /// <summary>Whether no epoch is left: all are finished, or the held-out error has not fallen for as long as the recipe waits.</summary>
    [JsonIgnore]
    public bool IsDone => Epochs.Count >= Recipe.Epochs
        || (Recipe.Patience > 0 && Best is { ValidationTop1Error: not null } best && Epochs.Count - best.Epoch >= Recipe.Patience);

    /// <summary>
    /// The finished epoch with the lowest top-1 error on held-out photographs, the first of equals; the last epoch if none was measured.
    /// </summary>
    [JsonIgnore]
    public EpochResult? Best => Epochs.MinBy(epoch => epoch.ValidationTop1Error ?? -epoch.Epoch);
}

/// <summary>A separate data set to validate on.</summary>
public sealed record HeldOutSet(string Name, string Path, string Sha256);

/// <summary>Results of an epoch.</summary>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="LearningRate">Learning rate of its last step.</param>
/// <param name="Loss">Mean negative log-likelihood of the training crops, in nats, each measured before its step.</param>
/// <param name="TrainingTop1Error">Top-1 error of the same crops, with dropout, 0 to 1.</param>
/// <param name="ValidationTop1Error">Top-1 error of the held-out centre crops, 0 to 1; null if none were held out.</param>
/// <param name="ValidationTop5Error">Top-5 error of the same crops.</param>
/// <param name="Seconds">Duration of the epoch in seconds, including validation.</param>
/// <param name="Finished">End of the epoch, UTC.</param>
public sealed record EpochResult(
    int Epoch,
    double LearningRate,
    double Loss,
    double TrainingTop1Error,
    double? ValidationTop1Error,
    double? ValidationTop5Error,
    double Seconds,
    DateTimeOffset Finished);
