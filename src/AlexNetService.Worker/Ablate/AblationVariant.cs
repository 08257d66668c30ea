using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Loop;

namespace AlexNetService.Worker.Ablate;

/// <summary>A network or recipe that differs from the preset's in one thing the paper argues for (Krizhevsky 2012 §3, §4).</summary>
/// <param name="Name">What <c>--variants</c> and folders call it.</param>
/// <param name="Text">What it changes.</param>
/// <param name="Paper">What the paper says that the thing is worth, points of error on ImageNet unless said otherwise.</param>
internal sealed record AblationVariant(string Name, string Text, string Paper)
{
    /// <summary>The preset as it is; every difference is to this one.</summary>
    public static AblationVariant Baseline { get; } = new("baseline", "the preset as it is", "");

    /// <summary>All of them, in the paper's order.</summary>
    public static IReadOnlyList<AblationVariant> All { get; } =
    [
        Baseline,
        new("tanh", "tanh for ReLU", "see figure 1") { Switches = new() { Tanh = true } },
        new("no-lrn", "no response normalisation (in the paper's four-layer network on CIFAR-10: 13 % instead of 11 %)", "+1.4 / +1.2") { Switches = new() { ResponseNormalisation = false } },
        new("no-overlap", "pooling windows as large as their stride", "+0.4 / +0.3") { Switches = new() { OverlappingPooling = false } },
        new("no-dropout", "no dropout", "overfitting") { Switches = new() { Dropout = 0 } },
        new("no-crops", "the centre crop alone, unmirrored; colours still shifted", "overfitting")
        {
            Recipe = recipe => recipe with { RandomCrops = false },
        },
        new("no-colour", "no PCA colour shifts; crops still drawn", "more than +1 / –") { Recipe = recipe => recipe with { ColourShift = 0 } },
        new("no-augmentation", "neither crops and mirrors nor colour shifts", "overfitting")
        {
            Recipe = recipe => recipe with { RandomCrops = false, ColourShift = 0 },
        },
        new("one-column", "one column of all kernels: every layer reads every map", "–") { Switches = new() { Columns = 1 } },
        new("half-kernels", "one column of half the kernels but in the last convolution", "+1.7 / +1.2")
        {
            Switches = new() { Columns = 1, HalfKernels = true },
        },
        new("no-exchange", "no exchange between convolutions; columns meet in the dense layers", "–") { Switches = new() { Exchange = false } },
        new("free-weights", "the paper's update, which holds no unit's weights to a sum of zero", "as here")
        {
            Recipe = recipe => recipe with { CentredWeights = false },
        },
    ];

    /// <summary>What is turned in the layer table.</summary>
    public NetworkSwitches Switches { get; init; } = new();

    /// <summary>What is turned in the recipe.</summary>
    public Func<TrainingRecipe, TrainingRecipe> Recipe { get; init; } = recipe => recipe;
}
