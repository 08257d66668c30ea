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
}
