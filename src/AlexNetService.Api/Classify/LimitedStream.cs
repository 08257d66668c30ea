namespace AlexNetService.Api.Classify;

/// <summary>
/// A request's body that ends in <see cref="BodyTooLargeException"/> behind a number of bytes, announced by a length or not. The
/// limit is ours and not the server's, which would close the connection before the client has read why.
/// </summary>
/// <param name="body">The body.</param>
/// <param name="limit">Bytes that may be read.</param>
internal sealed class LimitedStream(Stream body, long limit) : Stream
{
    private long read;

    /// <summary>Whether more came than may be read.</summary>
    public bool IsExceeded => read > limit;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => read;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await body.ReadAsync(buffer, cancellationToken);
        read += count;
        return read <= limit ? count : throw new BodyTooLargeException();
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

/// <summary>A body is longer than the limit.</summary>
internal sealed class BodyTooLargeException() : Exception("The body is longer than the limit.");
