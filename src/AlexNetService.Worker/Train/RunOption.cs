using System.CommandLine;
using AlexNetService.Training.Loop;

namespace AlexNetService.Worker.Train;

/// <summary>An option that a run keeps from its beginning to its end; on <c>--resume</c> it may be repeated but not changed.</summary>
/// <param name="option">The option.</param>
/// <param name="refuse">Throws where the option asks for something else than the run has.</param>
internal sealed class RunOption(Option option, Action<ParseResult, TrainingState> refuse)
{
    /// <summary>An option and what the run has of it.</summary>
    public static RunOption Of<T>(Option<T> option, Func<TrainingState, T> own) => new(option, (parsed, state) =>
    {
        if (!EqualityComparer<T>.Default.Equals(parsed.GetValue(option), own(state)))
        {
            throw new InputException(FormattableString.Invariant(
                $"{option.Name} cannot change on --resume; the run has {own(state)}. Begin another run with another --output."));
        }
    });

    /// <summary>Holds what was asked for against the run.</summary>
    /// <exception cref="InputException">It is something else.</exception>
    public void Require(ParseResult parsed, TrainingState state)
    {
        if (parsed.IsGiven(option))
        {
            refuse(parsed, state);
        }
    }
}
