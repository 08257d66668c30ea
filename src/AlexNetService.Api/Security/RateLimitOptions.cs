using System.ComponentModel.DataAnnotations;

namespace AlexNetService.Api.Security;

/// <summary>How many requests one sender may make: one key, or one address where there is no valid key.</summary>
internal sealed class RateLimitOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "RateLimit";

    /// <summary>Requests a second in the long run; default 0, no limit.</summary>
    [Range(0.0, 1_000_000.0, ErrorMessage = "RateLimit:RequestsPerSecond must be {1} to {2}; 0 is no limit.")]
    public double RequestsPerSecond { get; set; }

    /// <summary>Requests that may come at once; default 20.</summary>
    [Range(1, 1_000_000, ErrorMessage = "RateLimit:Burst must be {1} to {2}.")]
    public int Burst { get; set; } = 20;
}
