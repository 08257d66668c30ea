using AlexNetService.Api.Problems;

namespace AlexNetService.Api.Security;

/// <summary>Why a request does not get to its route.</summary>
internal static class AccessProblems
{
    public static Problem NoKey => new(
        StatusCodes.Status401Unauthorized,
        "A key is needed",
        $"Send a key of this service in the header {KeyGate.Header}; its operator has one for you.");

    public static Problem UnknownKey => new(
        StatusCodes.Status401Unauthorized,
        "The key is not known",
        $"Send a valid key in the header {KeyGate.Header}; its operator has one for you.");

    public static Problem NotAdmin => new(
        StatusCodes.Status403Forbidden,
        "An admin key is needed",
        "This key may classify, not change what is served. Send a key whose Admin is true.");

    public static Problem AdminNeedsKeys => new(
        StatusCodes.Status403Forbidden,
        "Only local callers may do this",
        "Without keys, what is served changes only from the service's own machine. "
        + "Configure Security:Keys with an Admin key, and send it.");

    public static Problem TooManyRequests(int seconds) => new(
        StatusCodes.Status429TooManyRequests,
        "Too many requests",
        $"More requests came from you than RateLimit allows. Try again in {seconds} s, and send fewer a second.")
    {
        RetryAfter = seconds,
    };
}
