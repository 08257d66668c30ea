namespace AlexNetService.ModelSpec.Files;

/// <summary>Files that are there as a whole or not at all.</summary>
public static class WholeFile
{
    /// <summary>Writes beside the place, flushes to disk, then renames over it.</summary>
    /// <param name="path">Where the file goes; its folder is there.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="IOException">The disk is full or the folder cannot be written; an earlier file at the path is untouched.</exception>
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

    /// <summary>Writes bytes likewise.</summary>
    /// <param name="path">Where the file goes; its folder is there.</param>
    /// <param name="bytes">The content.</param>
    /// <exception cref="IOException">The disk is full or the folder cannot be written; an earlier file at the path is untouched.</exception>
    public static void Write(string path, ReadOnlyMemory<byte> bytes) => Write(path, stream => stream.Write(bytes.Span));
}
