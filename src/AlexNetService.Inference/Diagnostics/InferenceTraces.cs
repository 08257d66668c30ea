using System.Diagnostics;
using AlexNetService.Inference.Requests;

namespace AlexNetService.Inference.Diagnostics;

/// <summary>
/// Spans of a request: <c>decode</c>, <c>queue</c>, and a <c>run</c> for each model. They are written after the crops have run, from
/// timestamps that the request keeps anyway. Without a listener they cost one test.
/// </summary>
public static class InferenceTraces
{
    /// <summary>Name of the activity source.</summary>
    public const string Name = "AlexNetService.Inference";

    private static readonly ActivitySource Source = new(Name);

    /// <summary>Writes the spans of the jobs that have run; with a request's first jobs, also that of decoding.</summary>
    internal static void Write(TimeProvider time, InferenceRequest request, bool isFirst)
    {
        if (!Source.HasListeners())
        {
            return;
        }

        if (isFirst && request.Photograph is not null)
        {
            Write("decode", time, request.Begun, request.Decoded);
        }

        Write("queue", time, request.Jobs[0].Submitted, request.Jobs.Min(job => job.Started));
        foreach (var job in request.Jobs)
        {
            Write("run", time, job.Started, job.Finished, job.Session.Card.Name);
        }
    }

    private static void Write(string name, TimeProvider time, long started, long finished, string? model = null)
    {
        var (now, stamp) = (time.GetUtcNow(), time.GetTimestamp());
        using var span = Source.StartActivity(
            name, ActivityKind.Internal, default(ActivityContext), startTime: now - time.GetElapsedTime(started, stamp));
        span?.SetTag("alexnet.model", model);
        span?.SetEndTime((now - time.GetElapsedTime(finished, stamp)).UtcDateTime);
    }
}
