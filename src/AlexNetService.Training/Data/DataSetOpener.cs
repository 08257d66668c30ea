namespace AlexNetService.Training.Data;

/// <summary>Recognises and opens the data set at a path. A new container is one class and one line here.</summary>
public static class DataSetOpener
{
    // Each returns null for a path that is not its kind of data set, and throws a DataSetException if the data set is damaged, has a
    // photograph without a class, or has fewer than two classes although they are needed.
    private static readonly Func<string, bool, LabelledPhotographs?>[] Containers =
    [
        ZipPhotographs.TryOpen,
        WebDatasetShards.TryOpen,
        IlsvrcValidation.TryOpen,
        TarPhotographs.TryOpen,
        CifarPhotographs.TryOpen,
        PhotographList.TryOpen,
        FolderPhotographs.TryOpen,
    ];

    /// <summary>Endings of pictures that people have and that are not read; files with other endings are no pictures.</summary>
    public static IReadOnlyList<string> OtherPictures { get; } =
    [
        ".heic", ".heif", ".jxl", ".jp2", ".svg", ".psd", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf",
    ];

    /// <summary>The supported data sets, for help texts.</summary>
    public static string Kinds { get; } =
        "a folder of class folders, a zip or tar of one, a CSV of path,label, ILSVRC-2012's tars or their folder, WebDataset shards, "
        + "CIFAR-10's binary batches, or the output of 'alexnet prepare'";

    /// <summary>Whether a file's name ends as that of a photograph that can be read.</summary>
    public static bool IsPicture(string path) => Listing.IsPicture(path);

    /// <summary>Opens a data set in place.</summary>
    /// <param name="path">
    /// One of <see cref="Kinds"/>. A folder with both tars of ILSVRC-2012 is its training tar; name the validation tar itself to open it,
    /// and likewise CIFAR-10's <c>test_batch.bin</c>.
    /// </param>
    /// <param name="labelled">Whether two classes or more are needed; otherwise any photographs will do.</param>
    /// <param name="names">
    /// File of class names, one class a line: <c>n01440764 tench, Tinca tinca</c>. Null for <c>synset_words.txt</c>,
    /// <c>LOC_synset_mapping.txt</c>, <c>words.txt</c> or <c>*synsets.txt</c> in the folder, or beside the file, of the data set.
    /// </param>
    /// <exception cref="DataSetException">There is nothing at a path, it is not supported, or it is damaged.</exception>
    public static LabelledPhotographs Open(string path, bool labelled = true, string? names = null)
    {
        if (!Path.Exists(path))
        {
            throw new DataSetException($"There is no data set at '{path}'.");
        }

        // Also what a pipe or a device looks like, which would be waited for: an empty list is the only data set without bytes.
        var isEmpty = !Directory.Exists(path) && RegularFile.LengthOf(path) == 0;
        var words = names is not null ? SynsetWords.Read(names) : SynsetWords.In(Listing.FolderOf(path));
        var opened = (isEmpty ? [PhotographList.TryOpen] : Containers)
            .Select(container => container(path, labelled)).FirstOrDefault(opened => opened is not null)
            ?? throw new DataSetException(isEmpty
                ? $"'{path}' is empty, or a pipe or a device; only regular files and folders are read. Write its content to a file first."
                : IsCompressed(path)
                ? $"'{path}' is compressed, so its photographs cannot be read in place. Unpack it with gzip -d, or its files with tar -xzf."
                : $"'{path}' is not a supported data set. Supported: {Kinds}.");

        // A class that is not in the list keeps its name.
        opened.Labels = [.. opened.Labels.Select(label => label with { Name = words.GetValueOrDefault(label.Id) ?? label.Name })];
        return opened;
    }

    private static bool IsCompressed(string path) => RegularFile.ReadBeginning(path, 2) is [0x1F, 0x8B];
}
