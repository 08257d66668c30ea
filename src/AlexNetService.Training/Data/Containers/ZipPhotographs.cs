using System.IO.Compression;

namespace AlexNetService.Training.Data.Containers;

/// <summary>A zip of a folder with one folder for each class, read without unpacking. Readers take turns.</summary>
internal sealed class ZipPhotographs : LabelledPhotographs
{
    private readonly Lock reading = new();
    private readonly ZipArchive archive;
    private readonly Dictionary<string, ZipArchiveEntry> entries;

    private ZipPhotographs(string name, Listing listing, ZipArchive archive)
        : base(name, listing)
    {
        this.archive = archive;
        entries = new Dictionary<string, ZipArchiveEntry>(StringComparer.Ordinal);
        foreach (var entry in archive.Entries)
        {
            entries[entry.FullName] = entry;
        }
    }

    /// <summary>Whether a file begins as a zip does.</summary>
    public static bool Recognises(string path)
    {
        Span<byte> start = stackalloc byte[4];
        using var stream = File.OpenRead(path);
        return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual("PK\x03\x04"u8);
    }

    /// <summary>Opens a zip. Closes it again if it is refused.</summary>
    /// <exception cref="DataSetException">The zip is damaged, or has fewer than two classes although they are needed.</exception>
    public static LabelledPhotographs Open(string path, bool labelled)
    {
        ZipArchive? archive = null;
        try
        {
            archive = ZipFile.OpenRead(path);
            var name = Path.GetFileNameWithoutExtension(path);
            var pictures = archive.Entries.Select(entry => (entry.FullName, entry.Length));
            return new ZipPhotographs(name, ClassFolders.List(name, pictures, labelled), archive);
        }
        catch (Exception e)
        {
            archive?.Dispose();
            if (e is InvalidDataException)
            {
                throw new DataSetException($"'{path}' is a damaged zip: {e.Message} Copy it again.", e);
            }

            throw;
        }
    }

    public override byte[] Read(string path)
    {
        lock (reading)
        {
            try
            {
                var entry = entries[path];
                var bytes = new byte[entry.Length];
                using var stream = entry.Open();
                stream.ReadExactly(bytes);
                return bytes;
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                throw new DataSetException($"Photograph '{path}' cannot be read from '{Name}.zip': {e.Message}", e);
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            archive.Dispose();
        }

        base.Dispose(disposing);
    }
}
