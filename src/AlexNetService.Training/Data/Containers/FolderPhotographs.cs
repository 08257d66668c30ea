using System.IO.Enumeration;

namespace AlexNetService.Training.Data.Containers;

/// <summary>Photographs that are files: a folder with one folder for each class, or the files that a list names.</summary>
internal static class FolderPhotographs
{
    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.None,
        IgnoreInaccessible = false,
    };

    /// <summary>Opens a folder with one folder for each class; null if the path is not a folder.</summary>
    public static LabelledPhotographs? TryOpen(string root, bool labelled)
    {
        if (!Directory.Exists(root))
        {
            return null;
        }

        var (entries, leftOut) = Walk(root);
        return ClassFolders.List(Listing.NameOf(root), entries, labelled, path => Read(root, path), files: [], leftOut);
    }

    public static byte[] Read(string root, string path)
    {
        var file = Path.Combine(root, path);
        try
        {
            // An empty file, like any other without a picture in it, is one that cannot be decoded.
            return new FileInfo(file) is { Exists: true, Length: 0 } ? [] : RegularFile.ReadAllBytes(file, Photograph.LargestBytes);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new DataSetException($"Photograph '{path}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>
    /// Lists files and folders below a folder. A link to a folder is followed, unless that folder is in one that is read already, or holds
    /// one: the walk ends, and reads no photograph twice. Such links are left out.
    /// </summary>
    private static (IReadOnlyList<(string Path, long Bytes)> Entries, IReadOnlyList<string> LeftOut) Walk(string root)
    {
        var (entries, leftOut) = (new List<(string, long)>(), new List<string>());
        var (walked, around) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        var waiting = new Queue<string>([root]);
        while (waiting.TryDequeue(out var folder))
        {
            var real = RealPath(folder);
            if (around.Contains(real) || Upwards(real).Any(walked.Contains))
            {
                leftOut.Add(Relative(folder));
                continue;
            }

            walked.Add(real);
            around.UnionWith(Upwards(real));
            var links = new List<string>();
            foreach (var entry in Below(folder))
            {
                entries.Add(entry is FileInfo file ? (Relative(file.FullName), file.Length) : ($"{Relative(entry.FullName)}/", 0));
                if (entry is DirectoryInfo { LinkTarget: not null })
                {
                    links.Add(entry.FullName);
                }
            }

            links.Order(StringComparer.Ordinal).ToList().ForEach(waiting.Enqueue);
        }

        return (entries, leftOut);

        string Relative(string path) => Path.GetRelativePath(root, path).Replace('\\', '/');
    }

    /// <summary>Everything below a folder, links to folders included and not followed.</summary>
    private static FileSystemEnumerable<FileSystemInfo> Below(string folder) =>
        new(Path.GetFullPath(folder), (ref entry) => entry.ToFileSystemInfo(), Everything)
        {
            ShouldRecursePredicate = (ref entry) => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
        };

    /// <summary>The path of a folder without links in it.</summary>
    private static string RealPath(string path)
    {
        var folder = new DirectoryInfo(path);
        if (folder.Parent is not { } parent)
        {
            return folder.FullName;
        }

        var here = Path.Combine(RealPath(parent.FullName), folder.Name);
        return new DirectoryInfo(here).ResolveLinkTarget(returnFinalTarget: false) is { } target ? RealPath(target.FullName) : here;
    }

    /// <summary>A folder and those that it is in.</summary>
    private static IEnumerable<string> Upwards(string? folder)
    {
        for (; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            yield return folder;
        }
    }
}
