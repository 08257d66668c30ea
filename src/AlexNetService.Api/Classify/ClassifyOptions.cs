using System.ComponentModel.DataAnnotations;

namespace AlexNetService.Api.Classify;

/// <summary>Limits on what may be classified.</summary>
internal sealed class ClassifyOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Classify";

    /// <summary>Bytes in the body of a request; default 20,000,000.</summary>
    [Range(1024, 1_000_000_000, ErrorMessage = "Classify:MaxBodyBytes must be {1} to {2}.")]
    public int MaxBodyBytes { get; set; } = 20_000_000;

    /// <summary>Photographs in a batch; default 64.</summary>
    [Range(1, 10_000, ErrorMessage = "Classify:MaxBatchImages must be {1} to {2}.")]
    public int MaxBatchImages { get; set; } = 64;

    /// <summary>Bytes in the body of a batch, all photographs together; default 100,000,000.</summary>
    [Range(1024, 2_000_000_000, ErrorMessage = "Classify:MaxBatchBytes must be {1} to {2}.")]
    public int MaxBatchBytes { get; set; } = 100_000_000;
}
