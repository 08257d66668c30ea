namespace AlexNetService.ModelSpec.Files;

/// <summary>
/// Opens files that people and programs put into a folder. A named pipe there would keep its reader waiting for ever, and a device never
/// ends.
/// </summary>
public static class RegularFile
{
    /// <summary>Opens a file of at most a number of bytes, to read it. Links are followed.</summary>
    /// <exception cref="InvalidDataException">It is empty, too large, or no regular file: a sentence with its name.</exception>
    /// <exception cref="IOException">It is missing, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It is a folder, or reading it is not allowed.</exception>
    public static FileStream OpenRead(string path, long limit = long.MaxValue)
    {
        // Pipes, devices and sockets have no length. They must be told apart before they are opened, because opening a pipe waits for its
        // writer.
        var target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        if (new FileInfo(target) is { Exists: true, Length: 0 })
        {
            throw Empty(path);
        }

        var stream = File.OpenRead(path);
        try
        {
            return !stream.CanSeek || stream.Length == 0 ? throw Empty(path)
                : stream.Length > limit
                    ? throw new InvalidDataException(FormattableString.Invariant(
                        $"{Path.GetFileName(path)} has {stream.Length:N0} bytes; {limit:N0} are allowed."))
                : stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Reads a whole file, under the same conditions.</summary>
    /// <inheritdoc cref="OpenRead" path="/exception"/>
    public static byte[] ReadAllBytes(string path, int limit)
    {
        using var stream = OpenRead(path, limit);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static InvalidDataException Empty(string path) => new($"{Path.GetFileName(path)} is empty, or no regular file.");
}
