using System.Security.Cryptography;

namespace AlexNetService.Laboratory.Ablate;

/// <summary>The runs of an ablation and their common budget.</summary>
internal sealed record AblationPlan
{
    public const string Figure1 = "figure1";

    /// <summary>Training error at which a run of figure 1 ends.</summary>
    public const double Figure1Error = 0.25;

    public static readonly IReadOnlyList<string> Activations = ["relu", "tanh"];

    public required string Preset { get; init; }

    /// <summary>The baseline's layer table for a number of classes.</summary>
    public required Func<int, NetworkArchitecture> Baseline { get; init; }

    /// <summary>The baseline's recipe; a variant changes one thing in it.</summary>
    public required TrainingRecipe Recipe { get; init; }

    public required IReadOnlyList<AblationVariant> Variants { get; init; }
    public required bool HasFigure1 { get; init; }

    /// <summary>Learning rates that figure 1 tries, in ascending order.</summary>
    public required IReadOnlyList<double> Rates { get; init; }

    /// <summary>Epochs after which a run of figure 1 is abandoned.</summary>
    public required int Figure1Epochs { get; init; }

    public required int Seeds { get; init; }
    public required string Data { get; init; }
    public required string Output { get; init; }
    public required string Devices { get; init; }
    public required int Threads { get; init; }

    /// <summary>Number of runs. Figure 1 tries each rate with the first seed, and repeats the best with the others.</summary>
    public int Count => (Variants.Count * Seeds) + (HasFigure1 ? Activations.Count * (Rates.Count + Seeds - 1) : 0);

    public static IReadOnlyList<string> Names { get; } = [.. AblationVariant.All.Select(variant => variant.Name), Figure1];

    /// <summary>
    /// The variants among some names, in the order of the tables. The baseline is always included, unless figure 1 is the only name.
    /// </summary>
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

    /// <summary>The runs of the variants, seed after seed, so that an early table already has every row.</summary>
    public IEnumerable<PlannedRun> OfVariants() =>
        from seed in Enumerable.Range(1, Seeds)
        from variant in Variants
        select new PlannedRun(
            variant.Name,
            Path.Combine(Output, $"{variant.Name}-seed{seed}"),
            variant.Switches ?? new NetworkSwitches(),
            variant.Recipe?.Invoke(Recipe) ?? Recipe,
            seed);

    /// <summary>
    /// A run of figure 1: a constant learning rate and no regularisation, that is no dropout, random crops, colour shifts or weight decay
    /// ("no regularization of any kind was employed").
    /// </summary>
    public PlannedRun OfFigure1(string activation, double rate, int seed) => new(
        Figure1Name(activation),
        Path.Combine(Output, $"{Figure1}-{activation}-rate{rate}-seed{seed}"),
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

    public static string Figure1Name(string activation) => $"{Figure1}-{activation}";

    public NetworkArchitecture Table(PlannedRun run, int classes) => run.Switches.Apply(Baseline(classes));

    /// <summary>Devices of a run; a network of one column takes the first only.</summary>
    public string DevicesOf(NetworkArchitecture table) => table.Columns == 1 ? Devices.Split(',')[0] : Devices;

    /// <summary>SHA-256 over a table's layers and geometry, which shows whether it changed since an earlier run.</summary>
    public static string HashOf(NetworkArchitecture table)
    {
        var layers = string.Join('\n', table.Layers);
        var text = $"{table.Preset}\n{table.Columns}\n{table.Geometry}\n{table.MeanImage}\n{layers}";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}

/// <summary>One run: a variant or a rate, and a seed. Its name is that of the variant, or figure1 and an activation.</summary>
internal sealed record PlannedRun(string Name, string Folder, NetworkSwitches Switches, TrainingRecipe Recipe, int Seed);
