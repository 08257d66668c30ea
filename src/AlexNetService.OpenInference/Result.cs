using System.Diagnostics.CodeAnalysis;

namespace AlexNetService.OpenInference;

/// <summary>A value, or the error that explains why there is none. The two types are unrelated.</summary>
[SuppressMessage("Usage", "CA2225", Justification = "Results are made by returning a value or an error.")]
public sealed class Result<TValue, TError>
    where TValue : class
    where TError : class
{
    private readonly object held;

    private Result(object held) => this.held = held;

    /// <summary>A success.</summary>
    public static implicit operator Result<TValue, TError>(TValue value) => new(value);

    /// <summary>A failure.</summary>
    public static implicit operator Result<TValue, TError>(TError error) => new(error);

    /// <summary>Takes the result apart; true if it is a success.</summary>
    public bool TryGet([NotNullWhen(true)] out TValue? value, [NotNullWhen(false)] out TError? error)
    {
        if (held is TValue success)
        {
            (value, error) = (success, null);
            return true;
        }

        (value, error) = (null, (TError)held);
        return false;
    }
}
