using System.ComponentModel.DataAnnotations;

namespace AlexNetService.Inference.Requests;

/// <summary>How much work may wait, and how long.</summary>
public sealed class QueueOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Queue";

    /// <summary>
    /// Crops that may wait, counted once for each model; default 320, which is sixteen photographs with ten crops and two models. A
    /// request that would exceed the limit is refused at once.
    /// </summary>
    [Range(1, 1_000_000, ErrorMessage = "Queue:LimitCrops must be {1} to {2}.")]
    public int LimitCrops { get; set; } = 320;

    /// <summary>
    /// Milliseconds that the first crops for a model wait for others to share their run; default 0, so that an idle engine never waits.
    /// </summary>
    [Range(0, 10_000, ErrorMessage = "Queue:MaxDelayMs must be {1} to {2}.")]
    public int MaxDelayMs { get; set; }

    /// <summary>
    /// Milliseconds until a request's first run must begin; default 30,000, and 0 is no limit. After that time the request leaves the
    /// queue without a run. Once a run has begun, the request is finished.
    /// </summary>
    [Range(0, 86_400_000, ErrorMessage = "Queue:DeadlineMs must be {1} to {2}.")]
    public int DeadlineMs { get; set; } = 30_000;

    internal TimeSpan Deadline => DeadlineMs == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(DeadlineMs);
}
