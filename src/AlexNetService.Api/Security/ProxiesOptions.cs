using System.ComponentModel.DataAnnotations;
using System.Net;

namespace AlexNetService.Api.Security;

/// <summary>Whom the service believes when they say for whom they ask.</summary>
internal sealed class ProxiesOptions : IValidatableObject
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Proxies";

    /// <summary>
    /// Addresses and networks of proxies, separated by commas, as in <c>10.0.0.0/8, 192.168.1.7</c>; default none. The headers
    /// X-Forwarded-For, -Proto and -Host count from these only.
    /// </summary>
    public string Known { get; set; } = "";

    /// <summary>The networks; an address is a network of one.</summary>
    public IEnumerable<IPNetwork> Networks => Parts.Select(Parse).OfType<IPNetwork>();

    private string[] Parts => Known.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => Parts
        .Where(part => Parse(part) is null)
        .Select(part => new ValidationResult(
            $"Proxies:Known holds '{part}'; use addresses and networks such as 10.0.0.0/8, separated by commas."));

    private static IPNetwork? Parse(string part) =>
        IPNetwork.TryParse(part, out var network) ? network
        : IPAddress.TryParse(part, out var address) ? new IPNetwork(address, 8 * address.GetAddressBytes().Length)
        : null;
}
