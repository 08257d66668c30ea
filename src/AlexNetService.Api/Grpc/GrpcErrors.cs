using Grpc.Core;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;

namespace AlexNetService.Api.Grpc;

/// <summary>Errors as gRPC has them: a status code and the sentence.</summary>
internal static class GrpcErrors
{
    /// <summary>Tells a client that retries by itself how many milliseconds to wait (gRFC A6).</summary>
    private const string RetryPushback = "grpc-retry-pushback-ms";

    private const string ContentType = "application/grpc";

    // A message is a header, and clients limit those to 8 KB or so.
    private const int MaxMessage = 1000;

    /// <summary>Whether a request is a call of gRPC.</summary>
    public static bool IsGrpc(HttpRequest request) =>
        HttpProtocol.IsHttp2(request.Protocol)
        && request.ContentType?.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>The exception that ends a call with a problem.</summary>
    public static RpcException Of(Problem problem) =>
        Of(problem.Details.Status ?? StatusCodes.Status500InternalServerError, problem.Details.Detail, problem.RetryAfter);

    /// <summary>The exception that ends a call with an error of the protocol.</summary>
    public static RpcException Of(ProtocolError error) => Of((int)error.Status, error.Message, error.RetryAfterSeconds);

    /// <summary>The code for an HTTP status; NOT_FOUND and so on mean the same in both.</summary>
    public static StatusCode CodeOf(int httpStatus) => httpStatus switch
    {
        StatusCodes.Status400BadRequest or StatusCodes.Status415UnsupportedMediaType or StatusCodes.Status422UnprocessableEntity =>
            StatusCode.InvalidArgument,
        StatusCodes.Status401Unauthorized => StatusCode.Unauthenticated,
        StatusCodes.Status403Forbidden => StatusCode.PermissionDenied,
        StatusCodes.Status404NotFound => StatusCode.NotFound,
        StatusCodes.Status405MethodNotAllowed => StatusCode.Unimplemented,
        StatusCodes.Status408RequestTimeout => StatusCode.DeadlineExceeded,
        StatusCodes.Status409Conflict => StatusCode.FailedPrecondition,
        StatusCodes.Status413PayloadTooLarge or StatusCodes.Status429TooManyRequests => StatusCode.ResourceExhausted,
        StatusCodes.Status503ServiceUnavailable => StatusCode.Unavailable,
        _ => StatusCode.Internal,
    };

    /// <summary>Ends a call that has not reached its method: a status in the headers, without a message.</summary>
    public static void Write(HttpResponse response, ProblemDetails problem)
    {
        var code = CodeOf(problem.Status ?? response.StatusCode);
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = ContentType;
        response.Headers[GrpcOutcome.Header] = ((int)code).ToString(CultureInfo.InvariantCulture);
        response.Headers["grpc-message"] = Uri.EscapeDataString(Short(problem.Detail ?? problem.Title ?? ""));
        if (int.TryParse(response.Headers.RetryAfter, CultureInfo.InvariantCulture, out var seconds))
        {
            response.Headers.Remove(HeaderNames.RetryAfter);
            response.Headers[RetryPushback] = Milliseconds(seconds);
        }
    }

    private static RpcException Of(int status, string? message, int? retrySeconds)
    {
        var trailers = new Metadata();
        if (retrySeconds is { } seconds)
        {
            trailers.Add(RetryPushback, Milliseconds(seconds));
        }

        return new RpcException(new Status(CodeOf(status), Short(message ?? "")), trailers);
    }

    private static string Short(string message) => message.Length <= MaxMessage ? message : message[..MaxMessage] + "…";

    private static string Milliseconds(int seconds) => (1000L * seconds).ToString(CultureInfo.InvariantCulture);
}

/// <summary>Writes problems of routing, keys, rates and bodies as a status of gRPC, if the request is a call.</summary>
internal sealed class GrpcErrorWriter : IProblemDetailsWriter
{
    public bool CanWrite(ProblemDetailsContext context) => GrpcErrors.IsGrpc(context.HttpContext.Request);

    public ValueTask WriteAsync(ProblemDetailsContext context)
    {
        GrpcErrors.Write(context.HttpContext.Response, context.ProblemDetails);
        return ValueTask.CompletedTask;
    }
}
