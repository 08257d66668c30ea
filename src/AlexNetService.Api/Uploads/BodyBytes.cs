using System.Buffers;

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
    /// <exception cref="BodyTooLargeException">The stream has more bytes than the limit.</exception>
    public static async Task<BodyBytes> ReadAsync(Stream stream, int limit, CancellationToken cancellation)
    {
        var body = new BodyBytes();
        try
        {
            while (await stream.ReadAsync(body.buffer.AsMemory(body.length), cancellation) is > 0 and var count)
            {
                body.length += count;
                if (body.length > limit)
                {
                    throw new BodyTooLargeException();
                }

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
