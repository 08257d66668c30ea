using System.CommandLine;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Loop;

namespace AlexNetService.Worker.Train;

/// <summary>What the options of <c>alexnet train</c> say about a new run.</summary>
/// <param name="Switches">Changes to the preset's layer table.</param>
/// <param name="Recipe">How the run learns.</param>
/// <param name="Seed">Seed of everything that is drawn.</param>
internal sealed record RunSettings(NetworkSwitches Switches, TrainingRecipe Recipe, int Seed);

/// <summary>
/// An option of <c>alexnet train</c> whose value a run remembers. A new run takes the value; when a run continues, the option may be
/// repeated but not changed.
/// </summary>
internal sealed class RunOption
{
    private readonly Func<ParseResult, RunSettings, RunSettings> apply;
    private readonly Func<ParseResult, TrainingState, string?> conflict;

    private RunOption(
        Option option,
        Func<ParseResult, RunSettings, RunSettings> apply,
        Func<ParseResult, TrainingState, string?> conflict,
        bool ofTheNetwork)
    {
        (Option, this.apply, this.conflict, IsOfTheNetwork) = (option, apply, conflict, ofTheNetwork);
    }

    /// <summary>The option.</summary>
    public Option Option { get; }

    /// <summary>Whether <c>--from</c> fixes the value, because the weights depend on it.</summary>
    public bool IsOfTheNetwork { get; }

    /// <summary>Describes an option.</summary>
    /// <typeparam name="T">Type of its value.</typeparam>
    /// <param name="option">The option.</param>
    /// <param name="read">The value that a run has.</param>
    /// <param name="write">The settings with another value; null if something else reads the option.</param>
    /// <param name="ofTheNetwork">Whether the weights depend on the value.</param>
    public static RunOption Of<T>(
        Option<T> option, Func<TrainingState, T> read, Func<RunSettings, T, RunSettings>? write = null, bool ofTheNetwork = false) => new(
        option,
        (parsed, settings) => parsed.IsGiven(option) && write is not null && parsed.GetValue(option) is { } value
            ? write(settings, value)
            : settings,
        (parsed, state) => EqualityComparer<T>.Default.Equals(parsed.GetValue(option), read(state))
            ? null
            : FormattableString.Invariant($"{read(state)}"),
        ofTheNetwork);

    /// <summary>An option that names the trained network to begin with.</summary>
    /// <param name="option">The option; a run does not remember its text.</param>
    public static RunOption From(Option<string?> option) => new(
        option,
        (_, settings) => settings,
        (_, state) => state.BegunWith is null && state.BegunFrom is null ? "random weights" : null,
        ofTheNetwork: false);

    /// <summary>The settings with the option's value, if it has one.</summary>
    public RunSettings Apply(ParseResult parsed, RunSettings settings) => apply(parsed, settings);

    /// <summary>Requires that the command line does not ask for another value than a run has.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="state">The run.</param>
    /// <exception cref="InputException">It asks for another value.</exception>
    public void RequireUnchanged(ParseResult parsed, TrainingState state)
    {
        if (parsed.IsGiven(Option) && conflict(parsed, state) is { } value)
        {
            throw new InputException(
                $"{Option.Name} cannot change on --resume; the run has {value}. Begin another run with another --output.");
        }
    }
}
