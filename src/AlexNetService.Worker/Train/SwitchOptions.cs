using System.CommandLine;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Loop;

namespace AlexNetService.Worker.Train;

/// <summary>What the paper argues for, each to be turned off by itself (<see cref="NetworkSwitches"/> and the recipe's augmentation).</summary>
internal sealed class SwitchOptions
{
    private const string Relu = "relu";
    private const string Tanh = "tanh";
    private const string On = "on";
    private const string Off = "off";

    private readonly Option<string> activation = new("--activation")
    {
        Description = "relu, or tanh as before the paper (§3.1).",
        DefaultValueFactory = _ => Relu,
    };

    private readonly Option<string> lrn = OnOff("--lrn", "Local response normalisation (§3.3).");
    private readonly Option<string> overlap = OnOff("--overlapping-pooling", "Pooling windows larger than their stride (§3.4).");
    private readonly Option<string> dropout = OnOff("--dropout", "Dropout in the dense layers (§4.2).");
    private readonly Option<string> augmentation = OnOff("--augmentation", "Random crops and mirrors; off: the centre crop alone (§4.1).");
    private readonly Option<string> colour = OnOff("--pca-colour", "Colours shifted along their principal components (§4.1).");
    private readonly Option<string> exchange = OnOff("--exchange", "conv3 reads both columns; off: its own, and columns meet in the dense layers (§3.2).");
    private readonly Option<int?> columns = new("--columns") { Description = "Columns, 1 or 2 (§3.2). Default: the preset's." };

    public SwitchOptions()
    {
        activation.AcceptOnlyFromAmong(Relu, Tanh);
        columns.AcceptOnlyFromAmong("1", "2");
    }

    public IReadOnlyList<Option> All => [activation, lrn, overlap, dropout, augmentation, colour, columns, exchange];

    /// <summary>The switches of a run's layer table, which shows how it was switched.</summary>
    public IReadOnlyList<RunOption> OfTheTable =>
    [
        RunOption.Of(activation, state => Has<HyperbolicTangent>(state) ? Tanh : Relu),
        RunOption.Of(lrn, state => State(Has<LocalResponseNormalisation>(state))),
        RunOption.Of(overlap, state => State(state.Architecture.Layers.OfType<MaxPooling>().Any(pooling => pooling.Window > pooling.Stride))),
        RunOption.Of(dropout, state => State(Has<Dropout>(state))),
        RunOption.Of(columns, state => state.Architecture.Columns),
        RunOption.Of(exchange, state => State(state.Architecture.Layers.OfType<Convolution>().Any(layer => layer.Reads == Reads.BothColumns))),
    ];

    /// <summary>The switches of a run's recipe.</summary>
    public IReadOnlyList<RunOption> OfTheRecipe =>
    [
        RunOption.Of(augmentation, state => State(state.Recipe.RandomCrops)),
        RunOption.Of(colour, state => State(state.Recipe.ColourShift > 0)),
    ];

    /// <summary>The switches of the layer table.</summary>
    public NetworkSwitches Network(ParseResult parsed) => new()
    {
        Tanh = parsed.GetValue(activation) == Tanh,
        ResponseNormalisation = IsOn(parsed, lrn),
        OverlappingPooling = IsOn(parsed, overlap),
        Dropout = IsOn(parsed, dropout),
        Columns = parsed.GetValue(columns),
        Exchange = IsOn(parsed, exchange),
    };

    /// <summary>The recipe with its switches.</summary>
    public TrainingRecipe Apply(ParseResult parsed, TrainingRecipe recipe) => recipe with
    {
        RandomCrops = IsOn(parsed, augmentation),
        ColourShift = IsOn(parsed, colour) ? recipe.ColourShift : 0,
    };

    private static bool Has<TLayer>(TrainingState state) => state.Architecture.Layers.Any(layer => layer is TLayer);

    private static string State(bool on) => on ? On : Off;

    private static bool IsOn(ParseResult parsed, Option<string> option) => parsed.GetValue(option) == On;

    private static Option<string> OnOff(string name, string description)
    {
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => On };
        option.AcceptOnlyFromAmong(On, Off);
        return option;
    }
}
