using System.Buffers;
using AlexNetService.Api.Hosting;

namespace AlexNetService.Api.Uploads;

/// <summary>The bytes of a body in a rented buffer, which disposal returns.</summary>
internal sealed class BodyBytes : IDisposable
{
    private const int InitialBytes = 64 * 1024;

    private byte[] buffer = ArrayPool<byte>.Shared.Rent(InitialBytes);
    private int length;

    private BodyBytes()
    {
    }

    public ReadOnlyMemory<byte> Bytes => buffer.AsMemory(0, length);

    /// <summary>Reads a stream to its end. The buffer grows with the received bytes, not with the announced length.</summary>
    public static async Task<BodyBytes> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        var body = new BodyBytes();
        try
        {
            while (await stream.ReadAsync(body.buffer.AsMemory(body.length), cancellation) is > 0 and var count)
            {
                body.length += count;
                if (body.length == body.buffer.Length)
                {
                    body.Grow();
                }
            }

            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
        length = 0;
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(2 * buffer.Length);
        Bytes.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }
}

/// <summary>
/// A body that throws <see cref="BodyTooLargeException"/> once it exceeds a limit, whether or not its length was announced. The server's
/// own limit is not used, because the server would close the connection before the client has read why.
/// </summary>
/// <param name="body">The body.</param>
/// <param name="limit">Maximum number of bytes.</param>
internal sealed class LimitedStream(Stream body, long limit) : ReadOnceStream
{
    /// <summary>Whether the body exceeds the limit.</summary>
    public bool IsExceeded => Taken > limit;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await body.ReadAsync(buffer, cancellationToken);
        Taken += count;
        return Taken <= limit ? count : throw new BodyTooLargeException();
    }
}

/// <summary>A body exceeds its limit.</summary>
internal sealed class BodyTooLargeException() : Exception("The body exceeds the limit.");
