namespace AlexNetService.OpenInference;

/// <summary>Why a call failed. REST renders it as a status and <c>{"error": "…"}</c>, gRPC as a status with a message.</summary>
/// <param name="Kind">What went wrong, which decides the status.</param>
/// <param name="Message">What is wrong and what to do, in a sentence.</param>
/// <param name="RetryAfterSeconds">Seconds after which a retry makes sense, or null if a retry would fail again.</param>
public sealed record ProtocolError(ProtocolErrorKind Kind, string Message, int? RetryAfterSeconds = null)
{
    /// <summary>The request does not fit the model, or cannot be read.</summary>
    /// <param name="message">What is wrong and what to do, in a sentence.</param>
    public static ProtocolError Invalid(string message) => new(ProtocolErrorKind.InvalidRequest, message);

    /// <summary>No such model or version is served.</summary>
    /// <param name="message">What is served instead, in a sentence.</param>
    public static ProtocolError NotFound(string message) => new(ProtocolErrorKind.NotFound, message);
}

/// <summary>What went wrong with a call.</summary>
public enum ProtocolErrorKind
{
    /// <summary>The request does not fit the model, or cannot be read.</summary>
    InvalidRequest,

    /// <summary>No such model or version is served.</summary>
    NotFound,

    /// <summary>The model cannot be loaded or unloaded.</summary>
    Conflict,

    /// <summary>The request has more bytes than allowed.</summary>
    TooLarge,

    /// <summary>The request is compressed in an unsupported way.</summary>
    UnsupportedEncoding,

    /// <summary>A photograph cannot be decoded.</summary>
    Undecodable,

    /// <summary>The service is loading, stopping or overloaded.</summary>
    Unavailable,
}
