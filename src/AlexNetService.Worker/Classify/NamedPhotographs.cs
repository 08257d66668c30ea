namespace AlexNetService.Worker.Classify;

/// <summary>A photograph to classify.</summary>
/// <param name="Name">Its path: as on the command line, and below a folder or inside a data set with what follows, after '/'.</param>
/// <param name="Read">Reads its bytes.</param>
internal sealed record NamedPhotograph(string Name, Func<byte[]> Read);

/// <summary>
/// The photographs of files, folders and data sets, in a fixed order: that of the paths, within a folder that of the names, within a data
/// set its own. Folders are listed one at a time, so that a folder of any size takes no memory.
/// </summary>
internal sealed class NamedPhotographs : IDisposable
{
    private readonly List<(string Path, LabelledPhotographs? DataSet)> sources = [];

    /// <summary>Opens paths: photographs, folders of photographs, and data sets.</summary>
    public static NamedPhotographs Open(IEnumerable<string> paths)
    {
        var opened = new NamedPhotographs();
        try
        {
            foreach (var path in paths)
            {
                var isPhotograph = Directory.Exists(path) ? Below(path).Any() : File.Exists(path) && IsPhotograph(path);
                var dataSet = isPhotograph ? null
                    : Path.Exists(path) ? DataSetOpener.Open(path, labelled: false)
                    : throw new DataSetException($"There is no photograph, folder or data set at '{path}'.");
                opened.sources.Add((path, dataSet));
                if (dataSet is { Photographs.Count: 0 })
                {
                    throw new DataSetException($"There is no photograph in '{path}'.");
                }
            }

            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>The photographs; files that appear or go meanwhile may be among them or not.</summary>
    public IEnumerable<NamedPhotograph> All() => sources.SelectMany(source => source switch
    {
        (var path, { } dataSet) => dataSet.Photographs.Select(photograph =>
            new NamedPhotograph(Inside(path, photograph.Path), () => dataSet.Read(photograph.Path))),
        var (path, _) => Directory.Exists(path) ? Below(path) : [OfFile(path)],
    });

    public void Dispose() => sources.ForEach(source => source.DataSet?.Dispose());

    /// <summary>The pictures in a folder, then those of its folders. Links to folders are not followed, hidden names left out.</summary>
    private static IEnumerable<NamedPhotograph> Below(string folder)
    {
        string[] files, folders;
        try
        {
            files = [.. Directory.EnumerateFiles(folder).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];
            folders =
            [
                .. new DirectoryInfo(folder).EnumerateDirectories()
                    .Where(below => below.LinkTarget is null && !below.Name.StartsWith('.'))
                    .Select(below => below.Name)
                    .Order(StringComparer.Ordinal),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [new NamedPhotograph(folder, () => throw new DataSetException($"The folder cannot be read: {e.Message}", e))];
        }

        return files.Where(IsPicture).Select(file => OfFile(Inside(folder, file)))
            .Concat(folders.SelectMany(below => Below(Inside(folder, below))));
    }

    private static NamedPhotograph OfFile(string path) =>
        new(path, () => RegularFile.ReadAllBytes(path, Photograph.LargestBytes));

    private static string Inside(string path, string name) => $"{path.TrimEnd('/', Path.DirectorySeparatorChar)}/{name}";

    private static bool IsPicture(string name) => DataSetOpener.IsPicture(name)
        || (!name.StartsWith('.') && DataSetOpener.OtherPictures.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase));

    /// <summary>Whether a file is a photograph, by its name or its first bytes, rather than a data set.</summary>
    private static bool IsPhotograph(string path) =>
        IsPicture(Path.GetFileName(path)) || ImageFormats.Recognise(RegularFile.ReadBeginning(path, 12)) is not null;
}
