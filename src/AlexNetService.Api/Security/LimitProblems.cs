using AlexNetService.Api.Problems;

namespace AlexNetService.Api.Security;

/// <summary>Why a body is not read on.</summary>
internal static class LimitProblems
{
    private const int BodiesSeconds = 2;

    public static Problem TooManyBodies => new(
        StatusCodes.Status503ServiceUnavailable,
        "Too many bodies at once",
        "The bodies that are being read fill Limits:BytesOfAllBodies. Try again in a moment, or send a smaller picture.")
    {
        RetryAfter = BodiesSeconds,
    };

    /// <param name="reason">What was too slow, a sentence.</param>
    public static Problem TooSlow(string reason) => new(
        StatusCodes.Status408RequestTimeout,
        "The body came too slowly",
        $"{reason} Send a smaller picture, or send it over a faster connection.");
}
