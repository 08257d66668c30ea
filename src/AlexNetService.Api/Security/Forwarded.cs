using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.Security;

/// <summary>Takes the client's address, scheme and host from proxies that the settings name, and from nobody else.</summary>
internal static class Forwarded
{
    public static void AddForwarded(this IServiceCollection services) =>
        services.AddOptions<ForwardedHeadersOptions>().Configure<IOptions<ProxiesOptions>>((forwarded, proxies) =>
        {
            forwarded.ForwardedHeaders =
                ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;

            // Every hop is checked against the known ones, so a chain of them may be of any length. Loopback is known by default; not here.
            forwarded.ForwardLimit = null;
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            foreach (var network in proxies.Value.Networks)
            {
                forwarded.KnownIPNetworks.Add(network);
            }
        });

    /// <summary>Without known proxies the headers are left alone; the middleware would believe everyone.</summary>
    public static void UseForwarded(this WebApplication app)
    {
        var configuration = app.Services.GetRequiredService<IConfiguration>();
        if (configuration[$"{ProxiesOptions.Section}:{nameof(ProxiesOptions.Known)}"] is { Length: > 0 })
        {
            app.UseForwardedHeaders();
        }
    }
}
