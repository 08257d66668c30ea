namespace AlexNetService.Training.Data.Containers;

/// <summary>Photographs that are files: a folder with one folder for each class, or the files that a list names.</summary>
internal sealed class FolderPhotographs : LabelledPhotographs
{
    private readonly string root;

    /// <param name="name">Name of the data set.</param>
    /// <param name="root">The folder that paths are relative to.</param>
    /// <param name="listing">The files.</param>
    public FolderPhotographs(string name, string root, Listing listing)
        : base(name, listing) => this.root = root;

    /// <summary>Opens a folder with one folder for each class.</summary>
    /// <exception cref="DataSetException">It has fewer than two classes although they are needed.</exception>
    public static LabelledPhotographs Open(string root, bool labelled) =>
        new FolderPhotographs(NameOf(root), root, ClassFolders.List(NameOf(root), Entries(root), labelled));

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
        new DirectoryInfo(root).EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Select(entry =>
        {
            var path = Path.GetRelativePath(root, entry.FullName).Replace('\\', '/');
            return entry is FileInfo file ? (path, file.Length) : ($"{path}/", 0);
        });
}
