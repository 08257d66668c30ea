using AlexNetService.Api.Hosting;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.Security;

/// <summary>Who may send what: keys, rate limits, limits of connections and bodies.</summary>
internal static class Access
{
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
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<LimitsOptions>>((server, limits) => Limit(server, limits.Value));
        services.AddSingleton<SocketTransportFactory>();
        services.Replace(ServiceDescriptor.Singleton<IConnectionListenerFactory, LoopbackTransport>());
    }

    /// <summary>Behind routing, so that a route says what it needs; limits first, so that wrong keys cost as much as requests.</summary>
    public static void UseAccess(this WebApplication app)
    {
        app.UseMiddleware<PresentedKey>();
        app.UseRateLimiter();
        app.UseMiddleware<KeyGate>();
        app.UseMiddleware<BodyBudget>();
    }

    private static void Limit(KestrelServerOptions server, LimitsOptions limits)
    {
        server.AddServerHeader = false;
        server.Limits.MaxConcurrentConnections = limits.Connections;
        server.Limits.MaxRequestHeadersTotalSize = limits.HeaderBytes;
        server.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(limits.HeaderSeconds);
        server.Limits.MinRequestBodyDataRate = new MinDataRate(limits.BodyBytesPerSecond, TimeSpan.FromSeconds(limits.BodyGraceSeconds));
    }
}
