using System.Net;

namespace AlexNetService.OpenInference;

/// <summary>Why a call failed. REST renders it as the status and <c>{"error": "…"}</c>; gRPC has a counterpart of each status.</summary>
/// <param name="Status">What went wrong, as an HTTP status.</param>
/// <param name="Message">What is wrong and what to do, in a sentence.</param>
/// <param name="RetryAfterSeconds">Seconds after which a retry makes sense, or null if a retry would fail again.</param>
public sealed record ProtocolError(HttpStatusCode Status, string Message, int? RetryAfterSeconds = null)
{
    /// <summary>The request does not fit the model, or cannot be read.</summary>
    public static ProtocolError Invalid(string message) => new(HttpStatusCode.BadRequest, message);

    /// <summary>No such model or version is served.</summary>
    public static ProtocolError NotFound(string message) => new(HttpStatusCode.NotFound, message);
}
