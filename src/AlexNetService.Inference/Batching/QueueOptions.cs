using System.ComponentModel.DataAnnotations;

namespace AlexNetService.Inference.Batching;

/// <summary>How much work may wait.</summary>
public sealed class QueueOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Queue";

    /// <summary>
    /// Crops that may wait, counted once for each model they go through; default 320, which is sixteen photographs with ten
    /// crops and two models. A request that would exceed it is refused at once.
    /// </summary>
    [Range(1, 1_000_000, ErrorMessage = "Queue:LimitCrops must be {1} to {2}.")]
    public int LimitCrops { get; set; } = 320;
}
