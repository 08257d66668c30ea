using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using IPNetwork = System.Net.IPNetwork;

namespace AlexNetService.Api.Security;

/// <summary>Takes the client's address, scheme and host from trusted proxies only.</summary>
internal static class Forwarded
{
    public static void AddForwarded(this IServiceCollection services) =>
        services.AddOptions<ForwardedHeadersOptions>().Configure<ProxiesOptions>((forwarded, proxies) =>
        {
            forwarded.ForwardedHeaders =
                ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;

            // Every hop must be trusted, so a chain may have any length. Unlike the framework, this does not trust loopback by default.
            forwarded.ForwardLimit = null;
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            foreach (var network in proxies.Networks)
            {
                forwarded.KnownIPNetworks.Add(network);
            }
        });

    /// <summary>Without trusted proxies the headers are ignored; the middleware would trust everyone.</summary>
    public static void UseForwarded(this WebApplication app)
    {
        if (app.Services.GetRequiredService<ProxiesOptions>().Networks.Any())
        {
            app.UseForwardedHeaders();
        }
    }
}

/// <summary>Trusted proxies.</summary>
internal sealed class ProxiesOptions : IValidatableObject
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Proxies";

    /// <summary>
    /// Addresses and networks of proxies whose X-Forwarded-For, -Proto and -Host are trusted, separated by commas, as in
    /// <c>10.0.0.0/8, 192.168.1.7</c>. Default none.
    /// </summary>
    public string Known { get; set; } = "";

    /// <summary>The networks. An address is a network of one.</summary>
    public IEnumerable<IPNetwork> Networks => Parts.Select(Parse).OfType<IPNetwork>();

    private string[] Parts => Known.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => Parts
        .Where(part => Parse(part) is null)
        .Select(part => new ValidationResult(
            $"Proxies:Known contains '{part}'. Use addresses and networks such as 10.0.0.0/8, separated by commas."));

    private static IPNetwork? Parse(string part) =>
        IPNetwork.TryParse(part, out var network) ? network
        : IPAddress.TryParse(part, out var address) ? new IPNetwork(address, 8 * address.GetAddressBytes().Length)
        : null;
}
