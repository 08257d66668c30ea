using System.Net;
using Microsoft.Extensions.Primitives;
using Serilog;

namespace AlexNetService.Api.Security;

/// <summary>Marks a route with its access rule. An unmarked route requires a key, if any are configured.</summary>
internal sealed class RouteAccess
{
    private RouteAccess()
    {
    }

    /// <summary>Needs no key and has no rate limit: health checks, and explanations of problems.</summary>
    public static RouteAccess Open { get; } = new();

    /// <summary>The route for Prometheus; <see cref="SecurityOptions.OpenMetrics"/> decides whether it requires a key.</summary>
    public static RouteAccess Metrics { get; } = new();

    /// <summary>
    /// Changes what is served, and requires an admin key. Without configured keys it accepts local callers only, even if
    /// <c>Security:AllowAnonymous</c> opens the other routes to everyone.
    /// </summary>
    public static RouteAccess Admin { get; } = new();
}

/// <summary>
/// Identifies the key of a request, for the gate, the rate limits and the log. It is in X-Api-Key or in Authorization (RFC 6750 §2.1). If
/// a request has both, one valid key is enough: a proxy may use one of them for itself.
/// </summary>
internal sealed class PresentedKey(RequestDelegate next, ApiKeys keys, IDiagnosticContext log)
{
    private const string Scheme = $"{KeyGate.Bearer} ";

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!keys.IsEmpty && (keys.Find(request.Headers[KeyGate.Header]) ?? keys.Find(BearerOf(request))) is { } key)
        {
            context.Features.Set(key);
            log.Set("ApiKey", key.Name);
        }

        return next(context);
    }

    /// <summary>The valid key of a request, or null.</summary>
    public static ApiKey? Of(HttpContext context) => context.Features.Get<ApiKey>();

    /// <summary>The bearer token of a request, or null. Other schemes, such as Basic, are not keys.</summary>
    public static string? BearerOf(HttpRequest request) =>
        request.Headers.Authorization.ToString() is var credentials
        && credentials.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? credentials[Scheme.Length..].Trim()
            : null;
}

/// <summary>
/// Checks the key of a request before its route. The page, Swagger UI and the OpenAPI document are files that everyone may read.
/// </summary>
internal sealed class KeyGate(RequestDelegate next, ApiKeys keys, SecurityOptions options)
{
    public const string Header = "X-Api-Key";

    /// <summary>The scheme of a key in Authorization.</summary>
    public const string Bearer = "Bearer";

    private const string Remedy = $"in the header {Header}, or as Authorization: {Bearer}. Its operator issues keys.";

    private static readonly string[] ProxyHeaders = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"];

    public Task InvokeAsync(HttpContext context)
    {
        var refusal = context.GetEndpoint() is { } endpoint ? Refuse(context, endpoint.Metadata.GetOrderedMetadata<RouteAccess>()) : null;
        return refusal is null ? next(context) : refusal.ExecuteAsync(context);
    }

    private Problem? Refuse(HttpContext context, IReadOnlyList<RouteAccess> access)
    {
        var isAdmin = access.Contains(RouteAccess.Admin);
        if (keys.IsEmpty)
        {
            return isAdmin && !IsLocal(context)
                ? new Problem(403, "Only local callers may do this",
                    "A service without keys can be changed only from its own machine. "
                    + "Configure Security:Keys with an Admin key, and send it.")
                : null;
        }

        var isOpen = access.Contains(RouteAccess.Open) || (options.OpenMetrics && access.Contains(RouteAccess.Metrics));
        if (isOpen && !isAdmin)
        {
            return null;
        }

        if (PresentedKey.Of(context) is not { } key)
        {
            var isWrong = context.Request.Headers.ContainsKey(Header) || PresentedKey.BearerOf(context.Request) is not null;
            Challenge(context.Response, isWrong ? "invalid_token" : null);
            return isWrong
                ? new Problem(401, "The key is not known", $"Send a valid key {Remedy}")
                : new Problem(401, "A key is needed", $"Send a key for this service {Remedy}");
        }

        if (!isAdmin || key.Admin)
        {
            return null;
        }

        Challenge(context.Response, "insufficient_scope");
        return new Problem(403, "An admin key is needed", "This key may not change what is served. Send a key whose Admin is true.");
    }

    /// <summary>Names the two ways to send a key. A request without one gets no error code (RFC 6750 §3).</summary>
    private static void Challenge(HttpResponse response, string? error) => response.Headers.WWWAuthenticate = new StringValues(
    [
        $"{Bearer} realm=\"AlexNetService\"" + (error is null ? "" : $", error=\"{error}\""),
        $"ApiKey header=\"{Header}\"",
    ]);

    /// <summary>Whether a request was deliberately made on this machine.</summary>
    /// <remarks>
    /// A loopback address is not enough: a local proxy that Proxies:Known does not list has one too, and a foreign page in a local browser
    /// can post to localhost. So the request must not be forwarded, must name this machine by a loopback name (other names can be
    /// rebound), and its origin, if any, must be this service.
    /// </remarks>
    private static bool IsLocal(HttpContext context)
    {
        var request = context.Request;
        return context.Connection.RemoteIpAddress is { } remote
            && IPAddress.IsLoopback(remote)
            && !ProxyHeaders.Any(request.Headers.ContainsKey)
            && IsLoopbackName(request.Host.Host)
            && (request.Headers.Origin.Count == 0 || request.Headers.Origin == $"{request.Scheme}://{request.Host}");
    }

    private static bool IsLoopbackName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
