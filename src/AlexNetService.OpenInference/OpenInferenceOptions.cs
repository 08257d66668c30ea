using System.ComponentModel.DataAnnotations;

namespace AlexNetService.OpenInference;

/// <summary>Limits for one inference request.</summary>
public sealed class OpenInferenceOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "OpenInference";

    /// <summary>Maximum bytes of a request body, both as sent and decompressed. Default 64,000,000.</summary>
    [Range(1024, 1_000_000_000, ErrorMessage = "OpenInference:MaxBodyBytes must be {1} to {2}.")]
    public int MaxBodyBytes { get; set; } = 64_000_000;

    /// <summary>Maximum photographs in one BYTES tensor. Default 64.</summary>
    [Range(1, 10_000, ErrorMessage = "OpenInference:MaxPictures must be {1} to {2}.")]
    public int MaxPictures { get; set; } = 64;
}
