using AlexNetService.Inference.Batching;
using AlexNetService.Inference.Diagnostics;

namespace AlexNetService.Inference.Ensembles;

/// <summary>Tells apart why something was taken out of the queue: its client left, its deadline passed, or the engine stopped.</summary>
/// <param name="time">Where timestamps and deadlines come from.</param>
/// <param name="meters">Told of what is refused, expired or cancelled, or null.</param>
internal sealed class Deadlines(TimeProvider time, InferenceMeters? meters)
{
    /// <param name="deadline">Time until the first run; <see cref="Timeout.InfiniteTimeSpan"/> is as long as it takes.</param>
    /// <param name="attempt">What is to be done meanwhile.</param>
    /// <param name="client">Whether the client has left.</param>
    /// <exception cref="OperationCanceledException">The client left.</exception>
    public async Task<Outcome<T>> WithinAsync<T>(TimeSpan deadline, Func<Patience, Task<Outcome<T>>> attempt, CancellationToken client)
    {
        using var patience = new Patience(time, deadline, client);
        try
        {
            return await attempt(patience);
        }
        catch (OperationCanceledException) when (patience.HasLeft)
        {
            meters?.Cancelled();
            throw;
        }
        catch (OperationCanceledException) when (patience.IsOver)
        {
            meters?.Expired();
            return new ClassificationResult.Expired(patience.Waited);
        }
        catch (OperationCanceledException)
        {
            // Neither the client nor the clock: the engine gave up what had not begun when it was stopped.
            return Refuse(Refusal.Draining);
        }
    }

    public ClassificationResult.Refused Refuse(Refusal? refusal)
    {
        var why = refusal ?? Refusal.QueueFull;
        meters?.Refused(why);
        return new ClassificationResult.Refused(why);
    }
}

/// <summary>An answer, or why there is none: exactly one of the two is there.</summary>
/// <param name="Answer">The answer.</param>
/// <param name="Unanswered">Why there is none.</param>
internal readonly record struct Outcome<T>(T? Answer, ClassificationResult.Unanswered? Unanswered)
{
    public static implicit operator Outcome<T>(ClassificationResult.Unanswered unanswered) => new(default, unanswered);

    public static implicit operator Outcome<T>(T answer) => new(answer, null);
}
