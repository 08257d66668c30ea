using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace AlexNetService.Api.Security;

/// <summary>Access control: keys, rate limits, and limits for connections and bodies.</summary>
internal static class Access
{
    // Bytes of a connection that the server reads ahead: the rest of a body, or requests behind the current one. The server's default of
    // 1 MiB would let 2048 connections take 2 GiB.
    private const int UnreadBytes = 128 * 1024;

    public static void AddAccess(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddValidated<SecurityOptions>(SecurityOptions.Section);
        services.AddValidated<RateLimitOptions>(RateLimitOptions.Section);
        services.AddValidated<LimitsOptions>(LimitsOptions.Section);
        services.AddValidated<ProxiesOptions>(ProxiesOptions.Section);
        services.AddSingleton<ApiKeys>();
        services.AddForwarded();
        services.AddRateLimits();
        services.AddSingleton<AddressConnections>();
        services.AddSingleton<HalfClosedConnections>();
        services.AddOptions<KestrelServerOptions>().Configure<LimitsOptions, AddressConnections, HalfClosedConnections>(Limit);
        services.AddSingleton<SocketTransportFactory>();
        services.Replace(ServiceDescriptor.Singleton<IConnectionListenerFactory, LoopbackTransport>());
    }

    /// <summary>
    /// Must follow routing, because routes carry access rules. Rate limits come first, so that they also apply to wrong keys.
    /// </summary>
    public static void UseAccess(this WebApplication app)
    {
        app.UseMiddleware<PresentedKey>();
        app.UseRateLimiter();
        app.UseMiddleware<KeyGate>();
        app.UseMiddleware<BodyBudget>();
    }

    private static void Limit(
        KestrelServerOptions server, LimitsOptions limits, AddressConnections connections, HalfClosedConnections halfClosed)
    {
        server.ConfigureEndpointDefaults(endpoint =>
        {
            endpoint.Use(connections.Limit);
            endpoint.Use(halfClosed.Wait);
        });
        server.AddServerHeader = false;
        server.Limits.MaxConcurrentConnections = limits.Connections;
        server.Limits.MaxRequestHeadersTotalSize = limits.HeaderBytes;
        server.Limits.MaxRequestBufferSize = Math.Max(UnreadBytes, limits.HeaderBytes);
        server.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(limits.HeaderSeconds);
        server.Limits.MinRequestBodyDataRate = new MinDataRate(limits.BodyBytesPerSecond, TimeSpan.FromSeconds(limits.BodyGraceSeconds));
    }
}
