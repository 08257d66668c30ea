using System.IO.Compression;

namespace AlexNetService.Training.Data.Containers;

/// <summary>A zip of a folder with one folder for each class, read without unpacking. Readers take turns.</summary>
internal static class ZipPhotographs
{
    /// <summary>Opens a zip; null if the path is not one. Closes it again if it is refused.</summary>
    public static LabelledPhotographs? TryOpen(string path, bool labelled)
    {
        if (!File.Exists(path) || !RegularFile.ReadBeginning(path, 4).SequenceEqual("PK\x03\x04"u8))
        {
            return null;
        }

        ZipArchive? archive = null;
        try
        {
            archive = ZipFile.OpenRead(path);
            var name = Listing.NameOf(path);
            var entries = new Dictionary<string, ZipArchiveEntry>(StringComparer.Ordinal);
            foreach (var entry in archive.Entries)
            {
                entries[entry.FullName] = entry;
            }

            var listed = archive.Entries.Select(entry => (entry.FullName, entry.Length));
            return ClassFolders.List(name, listed, labelled, photograph => Read(archive, entries[photograph], name), [archive]);
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

    private static byte[] Read(ZipArchive archive, ZipArchiveEntry entry, string name)
    {
        Listing.RequireSize(entry.FullName, entry.Length);
        lock (archive)
        {
            try
            {
                var bytes = new byte[entry.Length];
                using var stream = entry.Open();
                stream.ReadExactly(bytes);
                return bytes;
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                throw new DataSetException($"Photograph '{entry.FullName}' cannot be read from '{name}.zip': {e.Message}", e);
            }
        }
    }
}
