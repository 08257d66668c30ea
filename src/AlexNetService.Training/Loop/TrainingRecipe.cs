using System.Text.Json.Serialization;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Data;
using AlexNetService.Training.Network;

namespace AlexNetService.Training.Loop;

/// <summary>How to learn, apart from what: every number of the paper's §4 and §5 that is not in the layer table.</summary>
public sealed record TrainingRecipe
{
    // 2048 crops of 227 pixels are 1.3 GB of floats; file names of checkpoints have room for four digits.
    private const int LargestBatch = 2048;
    private const int MostEpochs = 9999;

    /// <summary>Photographs in a step.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Passes through the training set.</summary>
    public int Epochs { get; init; } = 90;

    /// <summary>ε at the start, the rate of the mean gradient of a batch.</summary>
    public double LearningRate { get; init; } = 0.01;

    /// <summary>How the rate falls.</summary>
    public LearningRateSchedule Schedule { get; init; } = LearningRateSchedule.Plateau;

    /// <summary>Share of the last update that is repeated in the next.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>Share of a weight taken off in each step, before the rate.</summary>
    public double WeightDecay { get; init; } = 5e-4;

    /// <summary>Rate of the biases as a multiple of the weights': 1 as in the paper, 2 as in its code.</summary>
    public double BiasRate { get; init; } = 1;

    /// <summary>Whether biases decay too, as in the paper; in its code they did not.</summary>
    public bool BiasDecay { get; init; } = true;

    /// <summary>
    /// Whether the weights of each unit of the hidden layers that read maps are held to a sum of zero: they begin so, and the mean of their
    /// gradient is taken off (Yong et al. 2020). Rectified maps are nowhere negative, so what all of them share would otherwise
    /// dominate every gradient; normalisation over batches, which came after the paper, cures the same. Not in the paper.
    /// </summary>
    public bool CentredWeights { get; init; }

    /// <summary>
    /// Whether the weights of each unit of the same layers keep the length they are drawn with: each update is followed by scaling them back
    /// (Salimans and Kingma 2016, with the length fixed). Signals then keep their size through the layers however long a run is, so that a
    /// higher rate is possible. Not in the paper.
    /// </summary>
    public bool FixedNorms { get; init; }

    /// <summary>What a step computes with.</summary>
    public ComputePrecision Precision { get; init; }

    /// <summary>Whether crops are drawn and mirrored at random (§4.1); without, every use of a photograph is its centre crop.</summary>
    public bool RandomCrops { get; init; } = true;

    /// <summary>
    /// How much the side of a random crop's window may differ from the crop's, as a share of it; 0, as in the paper, for windows of one size.
    /// </summary>
    public double ScaleJitter { get; init; }

    /// <summary>Standard deviation of the random factor on each principal component of the colours; 0 for none.</summary>
    public double ColourShift { get; init; } = 0.1;

    /// <summary>Share of each class that is held out, 0 to below 1.</summary>
    public double ValidationFraction { get; init; } = 0.1;

    /// <summary>Most photographs of a class to learn from, spread evenly over its training share; null for all.</summary>
    public int? PhotographsPerClass { get; init; }

    /// <summary>Most photographs of a class held out, spread evenly over its held-out share; null for all.</summary>
    public int? HeldOutPerClass { get; init; }

    /// <summary>Which photographs of a data set those numbers choose.</summary>
    [JsonIgnore]
    public DataShare Share => new(ValidationFraction, PhotographsPerClass, HeldOutPerClass);

    /// <summary>The recipe of a preset.</summary>
    /// <param name="preset">Name of the preset.</param>
    public static TrainingRecipe For(string preset) => preset switch
    {
        AlexNetLayers.Cifar => new TrainingRecipe
        {
            BatchSize = 64,
            Epochs = 34,
            LearningRate = 0.05,
            Schedule = LearningRateSchedule.Linear,
            WeightDecay = 1e-3,
            CentredWeights = true,
            ScaleJitter = 0.15,
        },
        AlexNetLayers.Small => new TrainingRecipe
        {
            BatchSize = 64,
            Epochs = 34,
            LearningRate = 0.05,
            Schedule = LearningRateSchedule.Linear,
            WeightDecay = 1e-3,
            CentredWeights = true,
            ScaleJitter = 0.15,
        },
        AlexNetLayers.AsOf2012 => new TrainingRecipe { BiasRate = 2, BiasDecay = false },
        _ => new TrainingRecipe(),
    };

    /// <summary>The first rule that the recipe breaks, as a sentence, or null.</summary>
    public string? Broken() =>
        BatchSize < 1 ? $"A batch of {BatchSize} photographs is too small; use 1 or more."
        : BatchSize > LargestBatch ? $"A batch of {BatchSize} photographs is too large; use {LargestBatch} or fewer."
        : Epochs < 1 ? $"{Epochs} epochs are too few; use 1 or more."
        : Epochs > MostEpochs ? $"{Epochs} epochs are too many; use {MostEpochs} or fewer."
        : !Enum.IsDefined(Schedule) ? $"There is no schedule {Schedule}; there are {string.Join(", ", Enum.GetNames<LearningRateSchedule>())}."
        : !(LearningRate > 0 && double.IsFinite(LearningRate)) ? $"A learning rate of {LearningRate} is impossible; use a positive number such as 0.01."
        : Momentum is not (>= 0 and < 1) ? $"A momentum of {Momentum} is impossible; use 0 to below 1."
        : WeightDecay is not (>= 0 and < 1) ? $"A weight decay of {WeightDecay} is impossible; use 0 to below 1."
        : BiasRate is not (1 or 2) ? $"A bias rate of {BiasRate} is impossible; use 1, as the weights, or 2, as in the paper's code."
        : !Enum.IsDefined(Precision) ? $"There is no precision {Precision}; there are {string.Join(", ", Enum.GetNames<ComputePrecision>())}."
        : ScaleJitter is not (>= 0 and < 1) ? $"A scale jitter of {ScaleJitter} is impossible; use 0 to below 1, such as 0.2."
        : ColourShift is not (>= 0 and <= 10) ? $"A colour shift of {ColourShift} is impossible; use 0 to 10."
        : ValidationFraction is not (>= 0 and < 1) ? $"A validation fraction of {ValidationFraction} is impossible; use 0 to below 1."
        : PhotographsPerClass < 1 ? $"{PhotographsPerClass} photographs of a class are too few to learn from; use 1 or more."
        : HeldOutPerClass < 1 ? $"{HeldOutPerClass} held-out photographs of a class are too few; use 1 or more."
        : null;
}
