namespace AlexNetService.Training.Loop;

/// <summary>How to train: every number of the paper's §4 and §5 that is not in the layer table.</summary>
public sealed record TrainingRecipe
{
    // 2048 crops of 227² pixels are 1.3 GB of floats; names of checkpoint files have four digits for the epoch.
    private const int LargestBatch = 2048;
    private const int MostEpochs = 9999;

    /// <summary>Epochs over which the rate grows to that of a larger batch.</summary>
    public const double GrowthEpochs = 5;

    /// <summary>Photographs per step.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Number of passes through the training set.</summary>
    public int Epochs { get; init; } = 90;

    /// <summary>The highest ε, which multiplies the mean gradient of a batch.</summary>
    public double LearningRate { get; init; } = 0.01;

    /// <summary>How the rate changes over the epochs.</summary>
    public LearningRateSchedule Schedule { get; init; } = LearningRateSchedule.Plateau;

    /// <summary>Share of the previous update that is repeated.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>Share of a weight that each step subtracts, before multiplication by the rate.</summary>
    public double WeightDecay { get; init; } = 5e-4;

    /// <summary>Rate of the biases as a multiple of the weights' rate: 1 in the paper, 2 in its code.</summary>
    public double BiasRate { get; init; } = 1;

    /// <summary>Whether biases decay, as in the paper; in its code they do not.</summary>
    public bool BiasDecay { get; init; } = true;

    /// <summary>
    /// Whether the weights of each unit of the hidden layers that read maps keep a sum of zero: their initial mean and the mean of their
    /// gradient are subtracted (Yong et al. 2020). Rectified maps are never negative, so their common part would otherwise dominate every
    /// gradient. Batch normalisation, which is newer than the paper, solves the same problem. Not in the paper.
    /// </summary>
    public bool CentredWeights { get; init; }

    /// <summary>The element type of a training step.</summary>
    public ComputePrecision Precision { get; init; }

    /// <summary>Element type of the gradients that ranks send each other; null for that of the steps.</summary>
    public ComputePrecision? GradientPrecision { get; init; }

    /// <summary>
    /// The batch that the rate is for, or null for the run's own. A larger batch multiplies the rate by batch / this, reached in a straight
    /// line over the first <see cref="GrowthEpochs"/> epochs (Goyal et al. 2017).
    /// </summary>
    public int? RateBatch { get; init; }

    /// <summary>Whether crops are random and randomly mirrored (§4.1); if not, every use of a photograph is its centre crop.</summary>
    public bool RandomCrops { get; init; } = true;

    /// <summary>
    /// Largest difference between the side of a random crop's window and the crop's side, as a share of the crop's side; 0 as in the paper.
    /// </summary>
    public double ScaleJitter { get; init; }

    /// <summary>Standard deviation of the random factor on each principal component of the colours; 0 for none.</summary>
    public double ColourShift { get; init; } = 0.1;

    /// <summary>Share of the steps in which a part of each crop is another crop's (<see cref="Loop.CutMix"/>); 0 in the paper.</summary>
    public double CutMix { get; init; }

    /// <summary>
    /// Rate of a layer as a multiple of the rate of the layer after it; the classifier has the full rate. Below 1 the first layers, which
    /// are of use for any photograph, change least in fine-tuning (Howard and Ruder 2018). 1 as in the paper.
    /// </summary>
    public double DepthRate { get; init; } = 1;

    /// <summary>Whether each class has the same weight in the loss, however many photographs it has.</summary>
    public bool BalancedClasses { get; init; }

    /// <summary>Epochs without a lower held-out error after which the run ends; 0 for never.</summary>
    public int Patience { get; init; }

    /// <summary>Whether the mean colour, or the mean image, of the training set is subtracted from each crop (§2).</summary>
    public bool SubtractMean { get; init; } = true;

    /// <summary>Share of each class that is held out, 0 to less than 1.</summary>
    public double ValidationFraction { get; init; } = 0.1;

    /// <summary>Largest number of photographs per class to train on, spread evenly over the training share; null for all.</summary>
    public int? PhotographsPerClass { get; init; }

    /// <summary>Largest number of photographs per class to hold out, spread evenly over the held-out share; null for all.</summary>
    public int? HeldOutPerClass { get; init; }

    /// <summary>
    /// Least number of held-out photographs of a class, unless that is more than half of it or nothing is held out. 0 in older runs.
    /// </summary>
    public int LeastHeldOutPerClass { get; init; }

    /// <summary>These four values, which select photographs of a data set.</summary>
    [JsonIgnore]
    public DataShare Share => new(ValidationFraction, PhotographsPerClass, HeldOutPerClass, LeastHeldOutPerClass);

    /// <summary>The recipe of a preset.</summary>
    /// <param name="preset">Name of the preset.</param>
    public static TrainingRecipe For(string preset) => Of(preset) with { LeastHeldOutPerClass = DataShare.UsualLeast };

    private static TrainingRecipe Of(string preset) => preset switch
    {
        AlexNetLayers.Small => Of(AlexNetLayers.Cifar) with { Epochs = 18, LearningRate = 0.04 },
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
        AlexNetLayers.AsOf2012 => new TrainingRecipe { BiasRate = 2, BiasDecay = false },
        _ => new TrainingRecipe(),
    };

    /// <summary>
    /// The recipe for weights that learned something else before: fewer photographs take more epochs in smaller batches, and all rates are
    /// lower than those that draw a network from nothing.
    /// </summary>
    /// <param name="preset">Preset of the network.</param>
    /// <param name="photographs">Photographs of the data set.</param>
    public static TrainingRecipe ForFineTuning(string preset, int photographs)
    {
        var usual = For(preset);
        var epochs = (int)Math.Clamp(25 * Math.Pow(1000.0 / photographs, 0.15), 10, 60);
        return usual with
        {
            BatchSize = photographs < 2000 ? 32 : 64,
            Epochs = epochs,
            LearningRate = 0.3 * usual.LearningRate,
            Schedule = LearningRateSchedule.Linear,
            DepthRate = 0.8,
            BalancedClasses = true,
            Patience = Math.Max(5, epochs / 3),
            ScaleJitter = 0.25,
            Precision = TorchRuntime.CpuHasBfloat16 ? ComputePrecision.Bf16 : ComputePrecision.Fp32,
        };
    }

    /// <summary>An error message about the first invalid value, or null if the recipe is valid.</summary>
    public string? Broken() =>
        BatchSize < 1 ? $"A batch of {BatchSize} photographs is too small; use 1 or more."
        : BatchSize > LargestBatch ? $"A batch of {BatchSize} photographs is too large; use {LargestBatch} or fewer."
        : Epochs < 1 ? $"{Epochs} epochs are too few; use 1 or more."
        : Epochs > MostEpochs ? $"{Epochs} epochs are too many; use {MostEpochs} or fewer."
        : !Enum.IsDefined(Schedule) ? $"{Schedule} is not a schedule; use {string.Join(", ", Enum.GetNames<LearningRateSchedule>())}."
        : !(LearningRate > 0 && double.IsFinite(LearningRate))
            ? $"A learning rate of {LearningRate} is impossible; use a positive number such as 0.01."
        : Momentum is not (>= 0 and < 1) ? $"A momentum of {Momentum} is impossible; use at least 0 and less than 1."
        : WeightDecay is not (>= 0 and < 1) ? $"A weight decay of {WeightDecay} is impossible; use at least 0 and less than 1."
        : BiasRate is not (1 or 2) ? $"A bias rate of {BiasRate} is impossible; use 1, as in the paper, or 2, as in its code."
        : !Enum.IsDefined(Precision) ? $"{Precision} is not a precision; use {string.Join(" or ", Enum.GetNames<ComputePrecision>())}."
        : GradientPrecision is { } sent && !Enum.IsDefined(sent)
            ? $"{sent} is not a precision of gradients; use {string.Join(" or ", Enum.GetNames<ComputePrecision>())}."
        : RateBatch < 1 || RateBatch > BatchSize ? $"A rate for batches of {RateBatch} is impossible; use 1 to the batch, {BatchSize}."
        : ScaleJitter is not (>= 0 and < 1) ? $"A scale jitter of {ScaleJitter} is impossible; use at least 0 and less than 1, such as 0.2."
        : ColourShift is not (>= 0 and <= 10) ? $"A colour shift of {ColourShift} is impossible; use 0 to 10."
        : CutMix is not (>= 0 and <= 1) ? $"A share of {CutMix} of the steps for cutmix is impossible; use 0 to 1."
        : DepthRate is not (> 0 and <= 1) ? $"A depth rate of {DepthRate} is impossible; use above 0 and at most 1, such as 0.8."
        : Patience < 0 ? $"A patience of {Patience} epochs is impossible; use 0 or more."
        : ValidationFraction is not (>= 0 and < 1)
            ? $"A validation fraction of {ValidationFraction} is impossible; use at least 0 and less than 1."
        : PhotographsPerClass < 1 ? $"{PhotographsPerClass} photographs per class are too few to train on; use 1 or more."
        : HeldOutPerClass < 1 ? $"{HeldOutPerClass} held-out photographs per class are too few; use 1 or more."
        : LeastHeldOutPerClass < 0 ? $"{LeastHeldOutPerClass} held-out photographs per class are impossible; use 0 or more."
        : null;
}
