using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace AlexNetService.Api.Security;

/// <summary>
/// Ends a connection after an answer if another request is already behind it (pipelining, RFC 9112 §9.3.2). A client that sends many
/// requests and reads no answer would otherwise keep a place in the queue until the last one. No buffer bounds that: its system accepts
/// the answers, which are small. Clients send the requests that were not answered again (RFC 9112 §9.3.1).
/// </summary>
internal static class Pipelining
{
    public static void UsePipelining(this WebApplication app) => app.Use(static (context, next) =>
    {
        // HTTP/2 has streams instead, and limits them.
        if (!HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            context.Response.OnStarting(
                static state =>
                {
                    var answered = (HttpContext)state;
                    if (HasEnded(answered) && IsAnotherBehind(answered.Features.Get<IConnectionTransportFeature>()?.Transport.Input))
                    {
                        answered.Response.Headers.Connection = "close";
                    }

                    return Task.CompletedTask;
                },
                context);
        }

        return next(context);
    });

    /// <summary>Whether the request has been read completely. Otherwise its body comes next, and the server may be reading it.</summary>
    private static bool HasEnded(HttpContext context) =>
        context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == false
        || context.Features.Get<BudgetedBody>()?.HasEnded == true;

    /// <summary>Whether bytes have arrived that nobody has read; they stay unread.</summary>
    private static bool IsAnotherBehind(PipeReader? connection)
    {
        if (connection is null || !connection.TryRead(out var read))
        {
            return false;
        }

        connection.AdvanceTo(read.Buffer.Start);
        return !read.Buffer.IsEmpty;
    }
}
