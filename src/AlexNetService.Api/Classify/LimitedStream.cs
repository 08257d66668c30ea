using AlexNetService.Api.Hosting;

namespace AlexNetService.Api.Classify;

/// <summary>
/// A request's body that ends in <see cref="BodyTooLargeException"/> behind a number of bytes, announced by a length or not. The
/// limit is ours and not the server's, which would close the connection before the client has read why.
/// </summary>
/// <param name="body">The body.</param>
/// <param name="limit">Bytes that may be read.</param>
internal sealed class LimitedStream(Stream body, long limit) : ReadOnceStream
{
    /// <summary>Whether more came than may be read.</summary>
    public bool IsExceeded => Taken > limit;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await body.ReadAsync(buffer, cancellationToken);
        Taken += count;
        return Taken <= limit ? count : throw new BodyTooLargeException();
    }
}

/// <summary>A body is longer than the limit.</summary>
internal sealed class BodyTooLargeException() : Exception("The body is longer than the limit.");
