using System.ComponentModel.DataAnnotations;

namespace AlexNetService.Api.Security;

/// <summary>Limits for connections and for all bodies together. Each endpoint limits the size of one body.</summary>
internal sealed class LimitsOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Limits";

    /// <summary>Maximum open connections; further ones are closed at once. Default 2048.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Limits:Connections must be {1} to {2}.")]
    public int Connections { get; set; } = 2048;

    /// <summary>
    /// Maximum open connections of one address (an IPv6 network of 64 bits); further ones are closed at once. Addresses in
    /// <c>Proxies:Known</c> have no such limit, because many clients share them. Default 256; 0 means no limit.
    /// </summary>
    [Range(0, 1_000_000, ErrorMessage = "Limits:ConnectionsPerAddress must be {1} to {2}; 0 means no limit.")]
    public int ConnectionsPerAddress { get; set; } = 256;

    /// <summary>Maximum bytes of a request's headers, all together. Default 16,384.</summary>
    [Range(1024, 1_048_576, ErrorMessage = "Limits:HeaderBytes must be {1} to {2}.")]
    public int HeaderBytes { get; set; } = 16_384;

    /// <summary>Seconds within which the headers must arrive. Default 10.</summary>
    [Range(1, 600, ErrorMessage = "Limits:HeaderSeconds must be {1} to {2}.")]
    public int HeaderSeconds { get; set; } = 10;

    /// <summary>Minimum average bytes a second of a body after <see cref="BodyGraceSeconds"/>. Default 2000.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Limits:BodyBytesPerSecond must be {1} to {2}.")]
    public int BodyBytesPerSecond { get; set; } = 2000;

    /// <summary>Seconds during which a body may arrive more slowly. Default 5.</summary>
    [Range(2, 600, ErrorMessage = "Limits:BodyGraceSeconds must be {1} to {2}.")]
    public int BodyGraceSeconds { get; set; } = 5;

    /// <summary>Seconds within which a body must arrive completely. Default 120.</summary>
    [Range(1, 3600, ErrorMessage = "Limits:BodySeconds must be {1} to {2}.")]
    public int BodySeconds { get; set; } = 120;

    /// <summary>
    /// Seconds for which a request goes on after its client has ended its side of the connection. The client may still wait for the answer,
    /// or it may have left; TCP does not tell. Default 5; 0 gives the request up at once.
    /// </summary>
    [Range(0, 600, ErrorMessage = "Limits:HalfClosedSeconds must be {1} to {2}; 0 gives the request up at once.")]
    public int HalfClosedSeconds { get; set; } = 5;

    /// <summary>
    /// Maximum bytes of all bodies in memory and of what requests make of them: decompressed bodies, tensors, answers of tensors. Requests
    /// beyond it get 503. Default 400,000,000.
    /// </summary>
    [Range(1_000_000, 100_000_000_000, ErrorMessage = "Limits:BytesOfAllBodies must be {1} to {2}.")]
    public long BytesOfAllBodies { get; set; } = 400_000_000;
}
