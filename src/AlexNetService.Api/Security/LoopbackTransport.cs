using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace AlexNetService.Api.Security;

/// <summary>
/// Opens the service's sockets. An address beyond loopback requires keys, or Security:AllowAnonymous=true. The check is here and not
/// where settings are read, because every way to configure an address ends here.
/// </summary>
internal sealed class LoopbackTransport(SocketTransportFactory sockets, ApiKeys keys, SecurityOptions options)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    public bool CanBind(EndPoint endpoint) => sockets.CanBind(endpoint);

    /// <exception cref="ExposedServiceException">The address is reachable from other machines, and no keys are configured.</exception>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        keys.IsEmpty && !options.AllowAnonymous && IsBeyondLoopback(endpoint)
            ? throw new ExposedServiceException(endpoint)
            : sockets.BindAsync(endpoint, cancellationToken);

    // A socket passed in by its descriptor may have any address, so it counts as reachable.
    private static bool IsBeyondLoopback(EndPoint endpoint) => endpoint switch
    {
        IPEndPoint ip => !IPAddress.IsLoopback(ip.Address),
        UnixDomainSocketEndPoint => false,
        _ => true,
    };
}

/// <summary>An address is reachable from other machines, no keys are configured, and Security:AllowAnonymous is false.</summary>
internal sealed class ExposedServiceException(EndPoint endpoint) : Exception(
    $"{endpoint} is reachable from other machines, and no keys are configured. Configure Security:Keys:<name>:Sha256, "
    + "or listen only on http://localhost:8080, or set Security:AllowAnonymous=true to accept requests from everyone.");
