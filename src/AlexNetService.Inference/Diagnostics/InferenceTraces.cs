using System.Diagnostics;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Diagnostics;

/// <summary>
/// The way of a photograph as spans of the request that brought it: <c>decode</c>, <c>queue</c>, and a <c>run</c> for each model. They are
/// written once the photograph has its answer, from the timestamps that the answer carries anyway; when nobody listens they cost a test.
/// </summary>
public static class InferenceTraces
{
    /// <summary>Name of the activity source.</summary>
    public const string Name = "AlexNetService.Inference";

    private static readonly ActivitySource Source = new(Name);

    internal static bool AreListenedTo => Source.HasListeners();

    /// <summary>Writes a span that is over.</summary>
    /// <param name="name">What was done.</param>
    /// <param name="time">Where the timestamps come from.</param>
    /// <param name="started">When it began, a timestamp.</param>
    /// <param name="finished">When it ended, a timestamp.</param>
    /// <param name="model">The model that did it, or null.</param>
    internal static void Write(string name, TimeProvider time, long started, long finished, ModelSession? model = null)
    {
        var (now, stamp) = (time.GetUtcNow(), time.GetTimestamp());
        using var span = Source.StartActivity(
            name, ActivityKind.Internal, default(ActivityContext), startTime: now - time.GetElapsedTime(started, stamp));
        span?.SetTag("alexnet.model", model?.Card.Name);
        span?.SetEndTime((now - time.GetElapsedTime(finished, stamp)).UtcDateTime);
    }
}
