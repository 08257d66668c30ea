namespace AlexNetService.Api.Security;

/// <summary>Reasons to refuse a request before its route, or while its body is read.</summary>
internal static class AccessProblems
{
    private const int TooManyBodiesSeconds = 2;

    public static Problem NoKey => new(401, "A key is needed",
        $"Send a key for this service in the header {KeyGate.Header}. Its operator issues keys.");

    public static Problem UnknownKey => new(401, "The key is not known",
        $"Send a valid key in the header {KeyGate.Header}. Its operator issues keys.");

    public static Problem NotAdmin => new(403, "An admin key is needed",
        "This key may not change what is served. Send a key whose Admin is true.");

    public static Problem AdminNeedsKeys => new(403, "Only local callers may do this",
        "A service without keys can be changed only from its own machine. Configure Security:Keys with an Admin key, and send it.");

    public static Problem TooManyBodies => new(503, "Too many bodies at once",
        "The bodies of current requests fill Limits:BytesOfAllBodies. Try again in a moment, or send a smaller picture.")
    {
        RetryAfter = TooManyBodiesSeconds,
    };

    public static Problem TooManyRequests(int seconds) => new(429, "Too many requests",
        $"You sent more requests than RateLimit allows. Try again in {seconds} s, and send fewer requests a second.")
    {
        RetryAfter = seconds,
    };

    public static Problem TooSlow(string reason) => new(408, "The body came too slowly",
        $"{reason} Send a smaller picture, or use a faster connection.");
}
