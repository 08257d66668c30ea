using System.CommandLine;
using AlexNetService.Training.Loop;

namespace AlexNetService.Worker.Train;

/// <summary>An option that a run has a value of: where the run is gone on with, the option may be repeated but not changed.</summary>
/// <param name="option">The option.</param>
/// <param name="conflict">What the run has where the option asks for something else, or null.</param>
internal sealed class RunOption(Option option, Func<ParseResult, TrainingState, string?> conflict)
{
    /// <summary>An option and what the run has of it.</summary>
    public static RunOption Of<T>(Option<T> option, Func<TrainingState, T> own) => new(
        option, (parsed, state) => EqualityComparer<T>.Default.Equals(parsed.GetValue(option), own(state)) ? null : FormattableString.Invariant($"{own(state)}"));

    /// <summary>Holds what was asked for against the run.</summary>
    /// <param name="parsed">What was asked for.</param>
    /// <param name="state">The run.</param>
    /// <param name="with">The option that names the run.</param>
    /// <param name="advice">What to do instead.</param>
    /// <exception cref="InputException">It is something else.</exception>
    public void Require(ParseResult parsed, TrainingState state, string with, string advice)
    {
        if (parsed.IsGiven(option) && conflict(parsed, state) is { } own)
        {
            throw new InputException($"{option.Name} cannot change {with}; the run has {own}. {advice}");
        }
    }
}
