using System.IO.Pipelines;
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
        var transport = connection.Transport;
        connection.ConnectionClosed = over.Token;
        connection.Transport = new Sides(new LateEnd(transport.Input), transport.Output);
        try
        {
            await next(connection);
        }
        finally
        {
            (connection.ConnectionClosed, connection.Transport) = (closed, transport);
        }
    };

    private sealed record Sides(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    /// <summary>
    /// Tells of the end only once everything before it has been read, or cannot be. Kestrel refuses a body of announced length if the end
    /// comes with its last bytes.
    /// </summary>
    private sealed class LateEnd(PipeReader reader) : PipeReader
    {
        /// <summary>
        /// Bytes before the end when they were last returned without it; -1 before. Nothing follows the end, so they only become fewer.
        /// </summary>
        private long left = -1;

        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
            WithoutEnd(await reader.ReadAsync(cancellationToken));

        public override bool TryRead(out ReadResult result)
        {
            var hasRead = reader.TryRead(out result);
            result = WithoutEnd(result);
            return hasRead;
        }

        public override void AdvanceTo(SequencePosition consumed) => reader.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => reader.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => reader.CancelPendingRead();

        public override void Complete(Exception? exception = null) => reader.Complete(exception);

        private ReadResult WithoutEnd(ReadResult read)
        {
            if (!read.IsCompleted || read.Buffer.IsEmpty || read.Buffer.Length == left)
            {
                return read;
            }

            left = read.Buffer.Length;
            return new ReadResult(read.Buffer, read.IsCanceled, isCompleted: false);
        }
    }
}
