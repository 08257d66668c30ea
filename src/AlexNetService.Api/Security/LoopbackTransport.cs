using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.Security;

/// <summary>
/// Opens the service's sockets, and none beyond loopback as long as there are no keys and nobody said that this is wanted. Here, and
/// not where settings are read, because every way to configure an address ends here.
/// </summary>
internal sealed class LoopbackTransport(SocketTransportFactory sockets, ApiKeys keys, IOptions<SecurityOptions> options)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    public bool CanBind(EndPoint endpoint) => sockets.CanBind(endpoint);

    /// <exception cref="ExposedServiceException">The address is to be reached from elsewhere, and everyone would be let in.</exception>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        keys.IsEmpty && !options.Value.AllowAnonymous && IsBeyondLoopback(endpoint)
            ? throw new ExposedServiceException(endpoint)
            : sockets.BindAsync(endpoint, cancellationToken);

    // A handed-over descriptor may be anything, so it counts as reachable.
    private static bool IsBeyondLoopback(EndPoint endpoint) => endpoint switch
    {
        IPEndPoint ip => !IPAddress.IsLoopback(ip.Address),
        UnixDomainSocketEndPoint => false,
        _ => true,
    };
}

/// <summary>Everyone who reaches an address would be let in, and nobody said that this is wanted.</summary>
/// <param name="endpoint">The address.</param>
internal sealed class ExposedServiceException(EndPoint endpoint) : Exception(
    $"{endpoint} can be reached from other machines, and there are no keys. Configure Security:Keys:<name>:Sha256, "
    + "or listen on http://localhost:8080 only, or set Security:AllowAnonymous=true to let everyone in.");
