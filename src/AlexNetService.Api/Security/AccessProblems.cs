using AlexNetService.Api.Problems;

namespace AlexNetService.Api.Security;

/// <summary>Reasons to refuse a request before its route, or while its body is read.</summary>
internal static class AccessProblems
{
    private const int TooManyBodiesSeconds = 2;

    public static Problem NoKey => new(
        StatusCodes.Status401Unauthorized,
        "A key is needed",
        $"Send a key for this service in the header {KeyGate.Header}. Its operator issues keys.");

    public static Problem UnknownKey => new(
        StatusCodes.Status401Unauthorized,
        "The key is not known",
        $"Send a valid key in the header {KeyGate.Header}. Its operator issues keys.");

    public static Problem NotAdmin => new(
        StatusCodes.Status403Forbidden,
        "An admin key is needed",
        "This key may not change what is served. Send a key whose Admin is true.");

    public static Problem AdminNeedsKeys => new(
        StatusCodes.Status403Forbidden,
        "Only local callers may do this",
        "A service without keys can be changed only from its own machine. Configure Security:Keys with an Admin key, and send it.");

    public static Problem TooManyBodies => new(
        StatusCodes.Status503ServiceUnavailable,
        "Too many bodies at once",
        "The bodies of current requests fill Limits:BytesOfAllBodies. Try again in a moment, or send a smaller picture.")
    {
        RetryAfter = TooManyBodiesSeconds,
    };

    public static Problem TooManyRequests(int seconds) => new(
        StatusCodes.Status429TooManyRequests,
        "Too many requests",
        $"You sent more requests than RateLimit allows. Try again in {seconds} s, and send fewer requests a second.")
    {
        RetryAfter = seconds,
    };

    /// <param name="reason">What was too slow, in a sentence.</param>
    public static Problem TooSlow(string reason) => new(
        StatusCodes.Status408RequestTimeout,
        "The body came too slowly",
        $"{reason} Send a smaller picture, or use a faster connection.");
}
