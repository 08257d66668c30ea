using System.Diagnostics;

namespace AlexNetService.Api.Hosting;

/// <summary>
/// Gives a request one id: the header <c>X-Request-Id</c> of its answer, <c>requestId</c> in the answer, <c>traceId</c> in a problem and
/// <c>RequestId</c> in its line of the log. It is the id of its span (W3C Trace Context §3.2), so it contains the caller's trace, if there
/// is one.
/// </summary>
internal static class RequestId
{
    public const string Header = "X-Request-Id";

    /// <summary>Must come first, so that every refusal has the header. It is set late, because an error clears earlier headers.</summary>
    public static void UseRequestId(this WebApplication app) => app.Use(static (context, next) =>
    {
        // A request that nobody traces has no span.
        context.TraceIdentifier = Activity.Current?.Id ?? $"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-00";
        context.Response.OnStarting(
            static state =>
            {
                var answered = (HttpContext)state;
                answered.Response.Headers[Header] = answered.TraceIdentifier;
                return Task.CompletedTask;
            },
            context);
        return next(context);
    });
}
