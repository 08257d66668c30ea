namespace AlexNetService.Laboratory.Ablate;

/// <summary>A network or recipe that differs from the preset's in one thing the paper argues for (Krizhevsky 2012 §3, §4).</summary>
/// <param name="Name">Its name in <c>--variants</c> and in folder names.</param>
/// <param name="Text">Description of the change.</param>
/// <param name="Paper">The paper's figure for the change, in points of error on ImageNet unless stated otherwise.</param>
/// <param name="Switches">Changes to the layer table, or null.</param>
/// <param name="Recipe">Changes to the recipe, or null.</param>
internal sealed record AblationVariant(
    string Name, string Text, string Paper, NetworkSwitches? Switches = null, Func<TrainingRecipe, TrainingRecipe>? Recipe = null)
{
    /// <summary>The unchanged preset, to which every difference refers.</summary>
    public static AblationVariant Baseline { get; } = new("baseline", "the unchanged preset", "");

    public static IReadOnlyList<AblationVariant> All { get; } =
    [
        Baseline,
        new("tanh", "tanh instead of ReLU", "see figure 1", new() { Tanh = true }),
        new(
            "no-lrn",
            "no response normalisation (the paper's four-layer network on CIFAR-10: 13 % instead of 11 %)",
            "+1.4 / +1.2",
            new() { ResponseNormalisation = false }),
        new("no-overlap", "pooling windows as large as their stride", "+0.4 / +0.3", new() { OverlappingPooling = false }),
        new("no-dropout", "no dropout", "overfitting", new() { Dropout = 0 }),
        new(
            "no-crops",
            "only the centre crop, not mirrored; colours still shifted",
            "overfitting",
            Recipe: recipe => recipe with { RandomCrops = false }),
        new(
            "no-colour", "no PCA colour shifts; crops still random", "more than +1 / –", Recipe: recipe => recipe with { ColourShift = 0 }),
        new(
            "no-augmentation",
            "no random crops, mirror images or colour shifts",
            "overfitting",
            Recipe: recipe => recipe with { RandomCrops = false, ColourShift = 0 }),
        new("one-column", "one column with all kernels: every layer reads every map", "–", new() { Columns = 1 }),
        new(
            "half-kernels",
            "one column with half the kernels in every convolution but the last",
            "+1.7 / +1.2",
            new() { Columns = 1, HalfKernels = true }),
        new("no-exchange", "no exchange between convolutions; columns meet in the dense layers", "–", new() { Exchange = false }),
        new(
            "no-mean",
            "pixels of 0 to 255, without subtracting the mean colour",
            "–",
            Recipe: recipe => recipe with { SubtractMean = false }),
        new("no-conv4", "one convolution less: without conv4", "about +2 / –", new() { MoreConvolutions = -1 }),
        new("conv4_2", "one convolution more: conv4 twice", "–", new() { MoreConvolutions = 1 }),
        new(
            "free-weights",
            "the paper's update, without holding the weights of a unit to a sum of zero",
            "as here",
            Recipe: recipe => recipe with { CentredWeights = false }),
    ];
}
