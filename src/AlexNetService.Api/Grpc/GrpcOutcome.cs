using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using Serilog;

namespace AlexNetService.Api.Grpc;

/// <summary>How a call ended. HTTP says 200 for every call, so log and metrics need the code of gRPC.</summary>
internal static class GrpcOutcome
{
    public const string Header = "grpc-status";

    /// <summary>The code of a call that has ended, or null if the request is not a call.</summary>
    public static StatusCode? Of(HttpContext context)
    {
        var trailers = context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers;
        var text = context.Response.Headers[Header].FirstOrDefault() ?? trailers?[Header].FirstOrDefault();
        return GrpcErrors.IsGrpc(context.Request) && int.TryParse(text, CultureInfo.InvariantCulture, out var code)
            ? (StatusCode)code
            : null;
    }

    /// <summary>Adds the code to the line of the log and to <c>http_server_request_duration</c>.</summary>
    public static void UseGrpcOutcome(this WebApplication app) => app.Use(static async (context, next) =>
    {
        await next(context);
        if (Of(context) is { } code)
        {
            context.RequestServices.GetRequiredService<IDiagnosticContext>().Set("GrpcStatus", code.ToString());
            context.Features.Get<IHttpMetricsTagsFeature>()?.Tags.Add(new("rpc.grpc.status_code", (int)code));
        }
    });
}
