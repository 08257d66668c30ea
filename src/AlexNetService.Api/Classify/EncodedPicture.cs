using System.Buffers;

namespace AlexNetService.Api.Classify;

/// <summary>The bytes of a picture in a rented buffer, given back on disposal.</summary>
internal sealed class EncodedPicture : IDisposable
{
    private const int FirstRent = 64 * 1024;

    private byte[] buffer;
    private int length;

    private EncodedPicture(int capacity) => buffer = ArrayPool<byte>.Shared.Rent(capacity);

    public ReadOnlyMemory<byte> Bytes => buffer.AsMemory(0, length);

    /// <summary>Reads a stream to its end. The buffer grows with what has come, not with what a header promises.</summary>
    public static async Task<EncodedPicture> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        var picture = new EncodedPicture(FirstRent);
        try
        {
            while (await stream.ReadAsync(picture.buffer.AsMemory(picture.length), cancellation) is > 0 and var count)
            {
                picture.length += count;
                if (picture.length == picture.buffer.Length)
                {
                    picture.Grow();
                }
            }

            return picture;
        }
        catch
        {
            picture.Dispose();
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
