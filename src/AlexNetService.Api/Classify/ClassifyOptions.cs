using System.ComponentModel.DataAnnotations;

namespace AlexNetService.Api.Classify;

/// <summary>Limits for requests with pictures.</summary>
internal sealed class ClassifyOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Classify";

    /// <summary>Maximum bytes of a request body, and of each picture in a batch. Default 20,000,000.</summary>
    [Range(1024, 1_000_000_000, ErrorMessage = "Classify:MaxBodyBytes must be {1} to {2}.")]
    public int MaxBodyBytes { get; set; } = 20_000_000;

    /// <summary>Maximum pictures in a batch. Default 64.</summary>
    [Range(1, 10_000, ErrorMessage = "Classify:MaxBatchImages must be {1} to {2}.")]
    public int MaxBatchImages { get; set; } = 64;

    /// <summary>Maximum bytes of a batch. Default 100,000,000.</summary>
    [Range(1024, 2_000_000_000, ErrorMessage = "Classify:MaxBatchBytes must be {1} to {2}.")]
    public int MaxBatchBytes { get; set; } = 100_000_000;
}
