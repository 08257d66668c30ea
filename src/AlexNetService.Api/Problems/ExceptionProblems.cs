using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Diagnostics;

namespace AlexNetService.Api.Problems;

/// <summary>Maps exceptions to problems, in one place.</summary>
internal sealed partial class ExceptionProblems(ILogger<ExceptionProblems> log) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (IsGone(exception, httpContext))
        {
            // Nobody reads an answer. The status tells the log and the metrics that the client ended the request.
            httpContext.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;

            // Otherwise the server would read the rest of the body, and log as an error that it cannot.
            httpContext.Abort();
            return true;
        }

        await Map(exception, httpContext).ExecuteAsync(httpContext);
        return true;
    }

    // A reset may be seen by a read before the request is marked as aborted.
    private static bool IsGone(Exception exception, HttpContext context) =>
        exception is ConnectionResetException or ConnectionAbortedException
        || (exception is IOException or OperationCanceledException && context.RequestAborted.IsCancellationRequested);

    private Problem Map(Exception exception, HttpContext context)
    {
        if (exception is BodyRefusedException refused)
        {
            return refused.Problem;
        }

        if (exception is BadHttpRequestException bad)
        {
            return bad.StatusCode == 408
                ? BodyRefusedException.TooSlow(bad.Message)
                : new Problem(bad.StatusCode, "The request cannot be read", $"{bad.Message} Send the complete request again.");
        }

        Log.Failed(log, exception, context.Request.Method, context.Request.Path);
        return new Problem(500, "The service failed",
            "The service is at fault, not the request. Report it with the traceId below.");
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Method} {Path} failed")]
        public static partial void Failed(ILogger log, Exception exception, string method, string path);
    }
}
