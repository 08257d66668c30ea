using System.IO.Compression;

namespace AlexNetService.Training.Data.Containers;

/// <summary>A zip of a folder with one folder a class, read without unpacking. One reader at a time holds the archive.</summary>
internal sealed class ZipPhotographs : LabelledPhotographs
{
    private readonly Lock reading = new();
    private readonly ZipArchive archive;
    private readonly Dictionary<string, ZipArchiveEntry> entries;

    public ZipPhotographs(string path, bool labelled)
        : this(path, OpenArchive(path), labelled)
    {
    }

    private ZipPhotographs(string path, ZipArchive archive, bool labelled)
        : base(Path.GetFileNameWithoutExtension(path), Listed(path, archive, labelled))
    {
        this.archive = archive;
        entries = new Dictionary<string, ZipArchiveEntry>(StringComparer.Ordinal);
        foreach (var entry in archive.Entries)
        {
            entries[entry.FullName] = entry;
        }
    }

    public static bool Recognises(string path)
    {
        Span<byte> start = stackalloc byte[4];
        using var stream = File.OpenRead(path);
        return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual("PK\x03\x04"u8);
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

    private static Listing Listed(string path, ZipArchive archive, bool labelled) => Listing.OfFolders(
        Path.GetFileNameWithoutExtension(path), archive.Entries.Select(entry => (entry.FullName, entry.Length)), labelled);

    private static ZipArchive OpenArchive(string path)
    {
        try
        {
            return ZipFile.OpenRead(path);
        }
        catch (InvalidDataException e)
        {
            throw new DataSetException($"'{path}' is a damaged zip: {e.Message} Copy it again.", e);
        }
    }
}
