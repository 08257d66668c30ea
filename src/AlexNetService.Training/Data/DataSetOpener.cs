using AlexNetService.Training.Data.Containers;

namespace AlexNetService.Training.Data;

/// <summary>Recognises and opens the data set at a path. A new container is one class and one line here.</summary>
public static class DataSetOpener
{
    private static readonly Container[] Folders =
    [
        new(WebDatasetShards.RecognisesFolder, WebDatasetShards.OpenFolder),
        new(IlsvrcValidation.RecognisesFolder, IlsvrcValidation.OpenFolder),
        new(ClassTars.RecognisesFolder, ClassTars.OpenFolder),
        new(CifarPhotographs.RecognisesFolder, CifarPhotographs.OpenFolder),
        new(_ => true, FolderPhotographs.Open),
    ];

    private static readonly Container[] Files =
    [
        new(ZipPhotographs.Recognises, ZipPhotographs.Open),
        new(WebDatasetShards.RecognisesFile, WebDatasetShards.OpenFile),
        new(ClassTars.RecognisesFile, ClassTars.OpenFile),
        new(IlsvrcValidation.RecognisesFile, IlsvrcValidation.OpenFile),
        new(TarArchive.Recognises, TarPhotographs.OpenClassFolders),
        new(CifarPhotographs.RecognisesFile, CifarPhotographs.OpenFile),
        new(PhotographList.Recognises, PhotographList.Open),
    ];

    /// <summary>Endings of pictures that people have and that are not read; files with other endings are no pictures.</summary>
    public static IReadOnlyList<string> OtherPictures { get; } =
    [
        ".heic", ".heif", ".avif", ".bmp", ".jxl", ".jp2", ".svg", ".psd", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf",
    ];

    /// <summary>The supported data sets, for help texts.</summary>
    public static string Kinds { get; } =
        "a folder of class folders, a zip or tar of one, a CSV of path,label, ILSVRC-2012's tars or their folder, WebDataset shards, "
        + "CIFAR-10's binary batches, or the output of 'alexnet prepare'";

    /// <summary>Whether a file's name ends as that of a photograph that can be read.</summary>
    /// <param name="path">The file.</param>
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
        if (!Directory.Exists(path) && !File.Exists(path))
        {
            throw new DataSetException($"There is no data set at '{path}'.");
        }

        var containers = Directory.Exists(path) ? Folders : Files;
        var words = names is not null ? SynsetWords.Read(names)
            : SynsetWords.In(Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path)) ?? "");
        var opened = Array.Find(containers, container => container.Recognises(path)) is { } container
            ? container.Open(path, labelled)
            : throw new DataSetException(IsCompressed(path)
                ? $"'{path}' is compressed, so its photographs cannot be read in place. Unpack it with gzip -d, or its files with tar -xzf."
                : $"'{path}' is not a supported data set. Supported: {Kinds}.");
        opened.NameClasses(words);
        return opened;
    }

    private static bool IsCompressed(string path)
    {
        using var stream = File.OpenRead(path);
        return stream.ReadByte() == 0x1F && stream.ReadByte() == 0x8B;
    }

    private sealed record Container(Func<string, bool> Recognises, Func<string, bool, LabelledPhotographs> Open);
}
