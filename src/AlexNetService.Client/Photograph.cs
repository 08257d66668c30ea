namespace AlexNetService.Client;

/// <summary>
/// A picture file to send, such as a JPEG: a path, the bytes of a file or a stream, each of which becomes a photograph where one is
/// expected. It is read once, when it is sent.
/// </summary>
public sealed class Photograph
{
    private readonly Func<CancellationToken, Task<ReadOnlyMemory<byte>>> read;

    private Photograph(string? name, Func<CancellationToken, Task<ReadOnlyMemory<byte>>> read) => (Name, this.read) = (name, read);

    /// <summary>Its name in the answer to a batch; null for the service's own, <c>images[place]</c>.</summary>
    public string? Name { get; }

    /// <summary>The file at a path.</summary>
    public static implicit operator Photograph(string path) => FromPath(path);

    /// <summary>The bytes of a file.</summary>
    public static implicit operator Photograph(byte[] bytes) => FromBytes(bytes);

    /// <summary>The bytes of a file.</summary>
    public static implicit operator Photograph(ReadOnlyMemory<byte> bytes) => FromBytes(bytes);

    /// <summary>The rest of a stream. The stream stays open.</summary>
    public static implicit operator Photograph(Stream stream) => FromStream(stream);

    /// <summary>The file at a path. What is wrong with the path is thrown by the call that sends it, as the framework throws it.</summary>
    public static Photograph FromPath(string path) =>
        new(Path.GetFileName(path), async cancellation => await File.ReadAllBytesAsync(path, cancellation));

    /// <summary>The bytes of a file. They must not change until they were sent.</summary>
    public static Photograph FromBytes(ReadOnlyMemory<byte> bytes, string? name = null) => new(name, _ => Task.FromResult(bytes));

    /// <summary>The rest of a stream. The stream stays open.</summary>
    public static Photograph FromStream(Stream stream, string? name = null) => new(name, async cancellation =>
    {
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy, cancellation);
        return copy.ToArray();
    });

    /// <summary>The bytes as a body that can be sent again.</summary>
    internal async Task<HttpContent> ReadAsync(CancellationToken cancellation)
    {
        var content = new ReadOnlyMemoryContent(await read(cancellation));

        // The service looks at the bytes.
        content.Headers.ContentType = new("application/octet-stream");
        return content;
    }
}
