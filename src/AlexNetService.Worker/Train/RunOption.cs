namespace AlexNetService.Worker.Train;

/// <summary>What the options of <c>alexnet train</c> say about a new run: changes to the preset's layer table, and how it learns.</summary>
internal sealed record RunSettings(NetworkSwitches Switches, TrainingRecipe Recipe);

/// <summary>
/// An option of <c>alexnet train</c> whose value a run remembers. A new run takes the value; when a run continues, the option may be
/// repeated but not changed.
/// </summary>
/// <param name="Apply">The settings with the option's value, if it has one.</param>
/// <param name="Conflict">What a run has instead of the option's value; null if they are the same.</param>
/// <param name="IsOfTheNetwork">Whether <c>--from</c> fixes the value, because the weights depend on it.</param>
internal sealed record RunOption(
    Option Option,
    Func<ParseResult, RunSettings, RunSettings> Apply,
    Func<ParseResult, TrainingState, string?> Conflict,
    bool IsOfTheNetwork = false)
{
    /// <summary>Describes an option by its value in a run and in the settings; <c>write</c> is null if something else reads it.</summary>
    public static RunOption Of<T>(
        Option<T> option, Func<TrainingState, T> read, Func<RunSettings, T, RunSettings>? write = null, bool ofTheNetwork = false) => new(
        option,
        (parsed, settings) => parsed.IsGiven(option) && write is not null && parsed.GetValue(option) is { } value
            ? write(settings, value)
            : settings,
        (parsed, state) => EqualityComparer<T>.Default.Equals(parsed.GetValue(option), read(state)) ? null : $"{read(state)}",
        ofTheNetwork);

    /// <summary>Requires that the command line does not ask for another value than a run has.</summary>
    public void RequireUnchanged(ParseResult parsed, TrainingState state)
    {
        if (parsed.IsGiven(Option) && Conflict(parsed, state) is { } value)
        {
            throw new InputException(
                $"{Option.Name} cannot change on --resume; the run has {value}. Begin another run with another --output.");
        }
    }
}
