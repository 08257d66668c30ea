using System.ComponentModel.DataAnnotations;

namespace AlexNetService.Inference.Requests;

/// <summary>How much work may wait, and how long.</summary>
public sealed class QueueOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Queue";

    /// <summary>
    /// How long a request may have to wait until it could begin; default 5 seconds. The wait is estimated from what waits already and what
    /// a crop of each model costs on this machine. A request that would wait longer is refused at once.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00", ErrorMessage = "Queue:MaxWait must be 00:00:00.001 to 1.00:00:00.")]
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Crops that may wait, counted once for each model; default 20,000. It bounds memory where crops are cheap; a request that would
    /// exceed it is refused at once.
    /// </summary>
    [Range(1, 1_000_000, ErrorMessage = "Queue:LimitCrops must be {1} to {2}.")]
    public int LimitCrops { get; set; } = 20_000;

    /// <summary>Crops that one request may have in the queue at a time, and the most crops of a tensor; default 320.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Queue:LimitCropsPerRequest must be {1} to {2}.")]
    public int LimitCropsPerRequest { get; set; } = 320;

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

    /// <summary>Crops that one request may have in the queue at a time.</summary>
    public int PerRequest => Math.Min(LimitCropsPerRequest, LimitCrops);

    internal TimeSpan Deadline => DeadlineMs == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(DeadlineMs);
}
