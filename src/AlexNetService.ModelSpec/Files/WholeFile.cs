namespace AlexNetService.ModelSpec.Files;

/// <summary>Writes files as a whole or not at all.</summary>
public static class WholeFile
{
    /// <summary>Writes a file beside its place, in a folder that exists, flushes it to disk, then renames it.</summary>
    /// <exception cref="IOException">The disk is full or the folder cannot be written; an earlier file stays unchanged.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        var partial = path + ".partial";
        try
        {
            using (var stream = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: true);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    /// <summary>Writes bytes as a file, in the same way.</summary>
    /// <exception cref="IOException">The disk is full or the folder cannot be written; an earlier file stays unchanged.</exception>
    public static void Write(string path, ReadOnlyMemory<byte> bytes) => Write(path, stream => stream.Write(bytes.Span));
}
