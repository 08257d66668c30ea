using System.Diagnostics.CodeAnalysis;

namespace AlexNetService.OpenInference;

/// <summary>A value, or the error that explains why there is none.</summary>
/// <typeparam name="TValue">The value of a success.</typeparam>
/// <typeparam name="TError">The error of a failure.</typeparam>
public abstract class Result<TValue, TError>
    where TValue : class
    where TError : class
{
    private Result()
    {
    }

    /// <summary>A success.</summary>
    /// <param name="value">Its value.</param>
    [SuppressMessage("Usage", "CA2225", Justification = "Results are made by returning a value or an error.")]
    public static implicit operator Result<TValue, TError>(TValue value) => new Success(value);

    /// <summary>A failure.</summary>
    /// <param name="error">Its error.</param>
    [SuppressMessage("Usage", "CA2225", Justification = "Results are made by returning a value or an error.")]
    public static implicit operator Result<TValue, TError>(TError error) => new Failure(error);

    /// <summary>Takes the result apart.</summary>
    /// <param name="value">The value of a success.</param>
    /// <param name="error">The error of a failure.</param>
    /// <returns>Whether it is a success.</returns>
    public abstract bool TryGet([NotNullWhen(true)] out TValue? value, [NotNullWhen(false)] out TError? error);

    private sealed class Success(TValue held) : Result<TValue, TError>
    {
        public override bool TryGet([NotNullWhen(true)] out TValue? value, [NotNullWhen(false)] out TError? error)
        {
            (value, error) = (held, null);
            return true;
        }
    }

    private sealed class Failure(TError held) : Result<TValue, TError>
    {
        public override bool TryGet([NotNullWhen(true)] out TValue? value, [NotNullWhen(false)] out TError? error)
        {
            (value, error) = (null, held);
            return false;
        }
    }
}
