using System.Net;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace AlexNetService.Api.Security;

/// <summary>
/// Limits the open connections of an address, so that no client can hold all of <c>Limits:Connections</c>. The address is that of whoever
/// is connected; trusted proxies stand for many clients and have no limit.
/// </summary>
internal sealed class AddressConnections(LimitsOptions limits, ProxiesOptions proxies)
{
    private readonly IPNetwork[] trusted = [.. proxies.Networks];
    private readonly Lock gate = new();
    private readonly Dictionary<string, int> open = new(StringComparer.Ordinal);

    /// <summary>Handles a connection if its address may have another one; otherwise closes it.</summary>
    public ConnectionDelegate Limit(ConnectionDelegate next) => async connection =>
    {
        if (NetworkOf(connection.RemoteEndPoint) is not { } network)
        {
            await next(connection);
            return;
        }

        if (!TryEnter(network))
        {
            connection.Abort(new ConnectionAbortedException("The address has Limits:ConnectionsPerAddress connections."));
            return;
        }

        try
        {
            await next(connection);
        }
        finally
        {
            Leave(network);
        }
    };

    /// <summary>The network that connections count for, or null if they are not limited.</summary>
    private string? NetworkOf(EndPoint? remote)
    {
        if (limits.ConnectionsPerAddress == 0 || remote is not IPEndPoint { Address: var address })
        {
            return null;
        }

        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return Array.Exists(trusted, network => network.Contains(plain)) ? null : RateLimits.NetworkOf(plain);
    }

    private bool TryEnter(string network)
    {
        lock (gate)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(open, network, out _);
            return count < limits.ConnectionsPerAddress && ++count > 0;
        }
    }

    private void Leave(string network)
    {
        lock (gate)
        {
            if (--CollectionsMarshal.GetValueRefOrAddDefault(open, network, out _) == 0)
            {
                open.Remove(network);
            }
        }
    }
}
