namespace AlexNetService.Training.Data.Containers;

/// <summary>A folder with one folder for each class.</summary>
internal sealed class FolderPhotographs(string root, bool labelled)
    : LabelledPhotographs(NameOf(root), Listing.OfFolders(NameOf(root), Entries(root), labelled))
{
    /// <summary>A folder's own name.</summary>
    public static string NameOf(string root) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(root)));

    public override byte[] Read(string path)
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
        new DirectoryInfo(root).EnumerateFiles("*", SearchOption.AllDirectories)
            .Select(file => (Path.GetRelativePath(root, file.FullName).Replace('\\', '/'), file.Length));
}
