namespace AlexNetService.ModelSpec.Files;

/// <summary>
/// Reads files whose paths others chose. Opening a named pipe waits for a writer, and a device has no end, so only regular files are
/// opened. Links are followed.
/// </summary>
public static class RegularFile
{
    /// <summary>Opens a file to read.</summary>
    /// <param name="most">Largest length, in bytes.</param>
    /// <exception cref="IOException">There is no such file, or it cannot be opened.</exception>
    /// <exception cref="InvalidDataException">It is larger, or empty, or it is a pipe or a device.</exception>
    public static FileStream OpenRead(string path, long most = long.MaxValue)
    {
        Require(path);
        var stream = File.OpenRead(path);
        if (stream.CanSeek && stream.Length <= most)
        {
            return stream;
        }

        using (stream)
        {
            throw stream.CanSeek
                ? new InvalidDataException($"'{path}' has {stream.Length} bytes; at most {most} are read.")
                : Refused(path);
        }
    }

    /// <summary>Reads a whole file.</summary>
    /// <param name="most">Largest length, in bytes.</param>
    /// <exception cref="IOException">There is no such file, or it cannot be opened.</exception>
    /// <exception cref="InvalidDataException">It is larger, or empty, or it is a pipe or a device.</exception>
    public static byte[] ReadAllBytes(string path, long most)
    {
        using var stream = OpenRead(path, most);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Reads the first bytes of a file, by which its format is recognised; fewer if the file is shorter.</summary>
    /// <exception cref="IOException">There is no such file, or it cannot be opened.</exception>
    /// <exception cref="InvalidDataException">It is empty, or it is a pipe or a device.</exception>
    public static ReadOnlySpan<byte> ReadBeginning(string path, int bytes)
    {
        using var stream = OpenRead(path);
        var begin = new byte[bytes];
        return begin.AsSpan(0, stream.ReadAtLeast(begin, bytes, throwOnEndOfStream: false));
    }

    /// <summary>Requires that a path is that of a regular file, for callers that open it themselves.</summary>
    /// <exception cref="IOException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is empty, or it is a pipe or a device.</exception>
    public static void Require(string path)
    {
        // Pipes and devices have length 0 (POSIX stat); a file without bytes cannot be told from them, and holds nothing.
        if (LengthOf(path) == 0)
        {
            throw Refused(path);
        }
    }

    /// <summary>Length in bytes of the file at a path or behind a link; 0 for pipes and devices.</summary>
    /// <exception cref="IOException">There is no such file.</exception>
    public static long LengthOf(string path)
    {
        if (path.Length == 0)
        {
            throw new FileNotFoundException("A file without a name cannot be read.");
        }

        var file = new FileInfo(path);
        return file.LinkTarget is null ? file.Length : file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo { Exists: true } target
            ? target.Length
            : throw new FileNotFoundException($"'{path}' is a link, and there is no file at its end.", path);
    }

    private static InvalidDataException Refused(string path) =>
        new($"'{path}' is empty, or a pipe or a device; only regular files are read. Write its content to a file first.");
}
