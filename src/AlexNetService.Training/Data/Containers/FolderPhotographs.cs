namespace AlexNetService.Training.Data.Containers;

/// <summary>Photographs that are files: a folder with one folder for each class, or the files that a list names.</summary>
internal static class FolderPhotographs
{
    /// <summary>Opens a folder with one folder for each class; null if the path is not a folder.</summary>
    public static LabelledPhotographs? TryOpen(string root, bool labelled) => Directory.Exists(root)
        ? ClassFolders.List(Listing.NameOf(root), Entries(root), labelled, path => Read(root, path))
        : null;

    public static byte[] Read(string root, string path)
    {
        try
        {
            return File.ReadAllBytes(Path.Combine(root, path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataSetException($"Photograph '{path}' can no longer be read: {e.Message}", e);
        }
    }

    private static IEnumerable<(string Path, long Bytes)> Entries(string root) =>
        new DirectoryInfo(root).EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Select(entry =>
        {
            var path = Path.GetRelativePath(root, entry.FullName).Replace('\\', '/');
            return entry is FileInfo file ? (path, file.Length) : ($"{path}/", 0);
        });
}
