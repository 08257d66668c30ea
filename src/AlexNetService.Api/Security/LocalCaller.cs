using System.Net;

namespace AlexNetService.Api.Security;

/// <summary>Whether a request was made on the machine itself, on purpose.</summary>
internal static class LocalCaller
{
    private static readonly string[] ProxyHeaders = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"];

    /// <summary>
    /// An address on loopback is not enough: a proxy on this machine that Proxies:Known does not name would lend its own to everyone,
    /// and a page from elsewhere, open in a browser here, can post to localhost. So nothing may have forwarded the request, it must
    /// name this machine by a loopback name (other names may be rebound to it), and its origin, where it has one, must be ours.
    /// </summary>
    public static bool Is(HttpContext context)
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
