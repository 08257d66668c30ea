using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace AlexNetService.Api.Security;

/// <summary>
/// Answers clients that end their side of the connection after a request, with shutdown(SHUT_WR), and wait for the answer (RFC 9293 §3.6).
/// TCP says the same of a client that has closed the connection and left, so a request is given up
/// <see cref="LimitsOptions.HalfClosedSeconds"/> later. Kestrel alone would give it up at once. After a reset, nobody waits.
/// </summary>
internal sealed class HalfClosedConnections(LimitsOptions limits, TimeProvider time)
{
    private readonly TimeSpan grace = TimeSpan.FromSeconds(limits.HalfClosedSeconds);

    /// <summary>Handles a connection, and delays the news that the client has ended its side.</summary>
    public ConnectionDelegate Wait(ConnectionDelegate next) => async connection =>
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket)
        {
            await next(connection);
            return;
        }

        var closed = connection.ConnectionClosed;
        using var over = new CancellationTokenSource();
        await using var timer = time.CreateTimer(_ => over.Cancel(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        // After a reset, the socket is no longer connected.
        await using var registration = closed.UnsafeRegister(
            _ => timer.Change(socket.Connected ? grace : TimeSpan.Zero, Timeout.InfiniteTimeSpan), null);
        connection.ConnectionClosed = over.Token;
        try
        {
            await next(connection);
        }
        finally
        {
            connection.ConnectionClosed = closed;
        }
    };
}
