using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Loop;

namespace AlexNetService.Worker.Ablate;

/// <summary>What is trained, all of it under one budget.</summary>
internal sealed record AblationPlan
{
    /// <summary>What <c>--variants</c> calls the paper's figure 1.</summary>
    public const string Figure1 = "figure1";

    /// <summary>Training error that figure 1 waits for.</summary>
    public const double Figure1Error = 0.25;

    /// <summary>The activations of figure 1.</summary>
    public static readonly IReadOnlyList<string> Activations = ["relu", "tanh"];

    public required string Preset { get; init; }

    /// <summary>The baseline's recipe; variants change one thing in it.</summary>
    public required TrainingRecipe Recipe { get; init; }

    public required IReadOnlyList<AblationVariant> Variants { get; init; }

    public required bool HasFigure1 { get; init; }

    /// <summary>Learning rates that figure 1 tries, in ascending order.</summary>
    public required IReadOnlyList<double> Rates { get; init; }

    /// <summary>Epochs after which a run of figure 1 is given up.</summary>
    public required int Figure1Epochs { get; init; }

    public required int Seeds { get; init; }

    public required string Data { get; init; }

    public required string Output { get; init; }

    public required string Devices { get; init; }

    public required int Threads { get; init; }

    /// <summary>How many runs there are; figure 1 repeats the best rate of its sweep.</summary>
    public int Count => (Variants.Count * Seeds) + (HasFigure1 ? Activations.Count * (Rates.Count + Seeds - 1) : 0);

    /// <summary>Names that <c>--variants</c> takes.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. AblationVariant.All.Select(variant => variant.Name), Figure1];

    /// <summary>Which of the names are variants, the baseline always among them unless figure 1 is all there is, in the order of the tables.</summary>
    /// <exception cref="InputException">There is no such variant.</exception>
    public static IReadOnlyList<AblationVariant> Chosen(IReadOnlyList<string> names)
    {
        if (names.FirstOrDefault(name => !Names.Contains(name)) is { } unknown)
        {
            throw new InputException($"There is no variant '{unknown}'; there are {string.Join(", ", Names)}.");
        }

        return names.All(name => name == Figure1)
            ? []
            : [.. AblationVariant.All.Where(variant => variant == AblationVariant.Baseline || names.Contains(variant.Name))];
    }

    /// <summary>The runs of the variants: all of them with the first seed, then with the next, so that an early table has every row.</summary>
    public IEnumerable<PlannedRun> OfVariants() =>
        from seed in Enumerable.Range(1, Seeds)
        from variant in Variants
        select new PlannedRun(
            variant.Name,
            Path.Combine(Output, string.Create(CultureInfo.InvariantCulture, $"{variant.Name}-seed{seed}")),
            variant.Switches,
            variant.Recipe(Recipe),
            seed);

    /// <summary>
    /// A run of figure 1: the learning rate stays as it is, and nothing regularises: no dropout, no drawn crops, no colour shifts, no
    /// weight decay ("no regularization of any kind was employed").
    /// </summary>
    public PlannedRun OfFigure1(string activation, double rate, int seed) => new(
        Figure1Name(activation),
        Path.Combine(Output, string.Create(CultureInfo.InvariantCulture, $"{Figure1}-{activation}-rate{rate}-seed{seed}")),
        new NetworkSwitches { Tanh = activation == "tanh", Dropout = 0 },
        Recipe with
        {
            Epochs = Figure1Epochs,
            LearningRate = rate,
            Schedule = LearningRateSchedule.Constant,
            WeightDecay = 0,
            RandomCrops = false,
            ColourShift = 0,
        },
        seed);

    /// <summary>What the runs of figure 1 with an activation are called.</summary>
    public static string Figure1Name(string activation) => $"{Figure1}-{activation}";

    /// <summary>The layer table of a run.</summary>
    public NetworkArchitecture Table(PlannedRun run, int classes) => run.Switches.Apply(CommonOptions.Architecture(Preset, classes));

    /// <summary>Devices of a run: one column takes the first alone.</summary>
    public string DevicesOf(NetworkArchitecture table) => table.Columns == 1 ? Devices.Split(',')[0] : Devices;

    /// <summary>SHA-256 over a table's layers and geometry: tells a table from what it was when an earlier run was trained.</summary>
    public static string HashOf(NetworkArchitecture table) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Join('\n', [table.Preset, $"{table.Columns}", $"{table.Geometry}", $"{table.MeanImage}", .. table.Layers.Select(layer => layer.ToString())]))));
}

/// <summary>One run: a variant or rate, and a seed.</summary>
/// <param name="Name">The variant, or figure1 and an activation.</param>
/// <param name="Folder">Where it is kept.</param>
/// <param name="Switches">What is turned in the layer table.</param>
/// <param name="Recipe">How it learns.</param>
/// <param name="Seed">Its seed.</param>
internal sealed record PlannedRun(string Name, string Folder, NetworkSwitches Switches, TrainingRecipe Recipe, int Seed);
