using System.ComponentModel.DataAnnotations;

namespace AlexNetService.Api.OpenInference;

/// <summary>Limits on what one inference request may hold.</summary>
internal sealed class OpenInferenceOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "OpenInference";

    /// <summary>Bytes in the body of a request, as sent and as decompressed; default 64,000,000.</summary>
    [Range(1024, 1_000_000_000, ErrorMessage = "OpenInference:MaxBodyBytes must be {1} to {2}.")]
    public int MaxBodyBytes { get; set; } = 64_000_000;

    /// <summary>Photographs in one BYTES tensor; default 64.</summary>
    [Range(1, 10_000, ErrorMessage = "OpenInference:MaxPictures must be {1} to {2}.")]
    public int MaxPictures { get; set; } = 64;
}
