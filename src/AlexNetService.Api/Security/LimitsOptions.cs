using System.ComponentModel.DataAnnotations;

namespace AlexNetService.Api.Security;

/// <summary>What one connection, and all bodies together, may take. The size of one body is its endpoint's to limit.</summary>
internal sealed class LimitsOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Limits";

    /// <summary>Connections at a time; more are closed at once; default 2048.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Limits:Connections must be {1} to {2}.")]
    public int Connections { get; set; } = 2048;

    /// <summary>Bytes of a request's headers, all together; default 16,384.</summary>
    [Range(1024, 1_048_576, ErrorMessage = "Limits:HeaderBytes must be {1} to {2}.")]
    public int HeaderBytes { get; set; } = 16_384;

    /// <summary>Seconds within which the headers must have come; default 10.</summary>
    [Range(1, 600, ErrorMessage = "Limits:HeaderSeconds must be {1} to {2}.")]
    public int HeaderSeconds { get; set; } = 10;

    /// <summary>
    /// Bytes a second that a body must come with on average, once its first <see cref="BodyGraceSeconds"/> are over; default 2000.
    /// </summary>
    [Range(1, 1_000_000, ErrorMessage = "Limits:BodyBytesPerSecond must be {1} to {2}.")]
    public int BodyBytesPerSecond { get; set; } = 2000;

    /// <summary>Seconds for which a body may come more slowly; default 5.</summary>
    [Range(2, 600, ErrorMessage = "Limits:BodyGraceSeconds must be {1} to {2}.")]
    public int BodyGraceSeconds { get; set; } = 5;

    /// <summary>Seconds within which a body must have come whole; default 120.</summary>
    [Range(1, 3600, ErrorMessage = "Limits:BodySeconds must be {1} to {2}.")]
    public int BodySeconds { get; set; } = 120;

    /// <summary>Bytes of all bodies that are held at a time; default 400,000,000. What comes beyond is refused with 503.</summary>
    [Range(1_000_000, 100_000_000_000, ErrorMessage = "Limits:BytesOfAllBodies must be {1} to {2}.")]
    public long BytesOfAllBodies { get; set; } = 400_000_000;
}
