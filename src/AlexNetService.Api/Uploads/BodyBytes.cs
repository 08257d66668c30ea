using System.Buffers;
using System.Runtime.InteropServices;

namespace AlexNetService.Api.Uploads;

/// <summary>
/// The bytes of a body, outside the managed heap: they grow without a second copy beside the first, and disposal gives them back to the
/// system. Nobody may read them afterwards.
/// </summary>
internal sealed class BodyBytes : IDisposable
{
    private const int InitialBytes = 64 * 1024;

    private readonly NativeBlock block = new(InitialBytes);
    private int length;

    private BodyBytes()
    {
    }

    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public ReadOnlyMemory<byte> Bytes => block.Memory[..length];

    /// <summary>
    /// Reads a stream to its end. The memory grows with the received bytes, not with the announced length. Bytes that the budget of bodies
    /// has not counted yet, because they were decompressed, are passed to <c>count</c>, which may refuse them.
    /// </summary>
    /// <exception cref="BodyTooLargeException">The stream has more bytes than the limit.</exception>
    public static async Task<BodyBytes> ReadAsync(Stream stream, int limit, Action<long>? count, CancellationToken cancellation)
    {
        var body = new BodyBytes();
        try
        {
            while (await stream.ReadAsync(body.block.Memory[body.length..], cancellation) is > 0 and var read)
            {
                body.length += read;
                if (body.length > limit)
                {
                    throw new BodyTooLargeException();
                }

                count?.Invoke(read);
                if (body.length == body.block.Length)
                {
                    body.block.Resize(body.length + Math.Max(InitialBytes, body.length / 4));
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

    public void Dispose() => block.Free();

    /// <summary>A block of the C library's heap, which grows in place or moves without a copy (mremap) where the system can.</summary>
    private sealed unsafe class NativeBlock : MemoryManager<byte>
    {
        private byte* first;

        public NativeBlock(int length) => Resize(length);

        public int Length { get; private set; }

        public void Resize(int length)
        {
            first = (byte*)NativeMemory.Realloc(first, (nuint)length);
            Length = length;
        }

        public void Free() => Dispose(disposing: true);

        public override Span<byte> GetSpan()
        {
            ObjectDisposedException.ThrowIf(first is null, this);
            return new Span<byte>(first, Length);
        }

        public override MemoryHandle Pin(int elementIndex = 0)
        {
            ObjectDisposedException.ThrowIf(first is null, this);
            return new MemoryHandle(first + elementIndex);
        }

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
            NativeMemory.Free(first);
            first = null;
            Length = 0;
        }
    }
}
