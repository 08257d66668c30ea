using AlexNetService.Training.Data.Containers;

namespace AlexNetService.Training.Data;

/// <summary>Recognises what a path is by looking at it. A new container is one file and one line here.</summary>
public static class DataSetOpener
{
    private static readonly Container[] Folders =
    [
        new(WebDatasetShards.RecognisesFolder, WebDatasetShards.OpenFolder),
        new(IlsvrcValidation.RecognisesFolder, IlsvrcValidation.OpenFolder),
        new(ClassTars.RecognisesFolder, ClassTars.OpenFolder),
        new(CifarPhotographs.RecognisesFolder, CifarPhotographs.OpenFolder),
        new(_ => true, (path, labelled) => new FolderPhotographs(path, labelled)),
    ];

    private static readonly Container[] Files =
    [
        new(ZipPhotographs.Recognises, (path, labelled) => new ZipPhotographs(path, labelled)),
        new(WebDatasetShards.RecognisesFile, WebDatasetShards.OpenFile),
        new(ClassTars.RecognisesFile, ClassTars.OpenFile),
        new(IlsvrcValidation.RecognisesFile, IlsvrcValidation.OpenFile),
        new(TarArchive.Recognises, ClassFolderTar.Open),
        new(CifarPhotographs.RecognisesFile, CifarPhotographs.OpenFile),
    ];

    /// <summary>What is read, for help texts.</summary>
    public static string Kinds { get; } =
        "a folder of class folders, a zip or tar of one, ILSVRC-2012's tars or their folder, WebDataset shards, CIFAR-10's binary batches, "
        + "or what 'alexnet prepare' wrote";

    /// <summary>Opens a data set in place.</summary>
    /// <param name="path">
    /// One of <see cref="Kinds"/>. Of a folder with both tars of ILSVRC-2012 the training tar is opened; the validation tar is opened by
    /// its own path, as is CIFAR-10's <c>test_batch.bin</c>.
    /// </param>
    /// <param name="labelled">Whether there must be classes to tell apart; without, any photographs will do.</param>
    /// <param name="names">
    /// File of class names, <c>n01440764 tench, Tinca tinca</c> a line. Null for a file called <c>synset_words.txt</c>,
    /// <c>LOC_synset_mapping.txt</c>, <c>words.txt</c> or <c>…synsets.txt</c> in the folder, or beside the file, of the data set.
    /// </param>
    /// <exception cref="DataSetException">There is nothing at a path, or nothing this software reads, or it is damaged.</exception>
    public static LabelledPhotographs Open(string path, bool labelled = true, string? names = null)
    {
        if (!Directory.Exists(path) && !File.Exists(path))
        {
            throw new DataSetException($"There is no data set at '{path}'.");
        }

        var containers = Directory.Exists(path) ? Folders : Files;
        var words = names is null ? null : SynsetWords.Read(names);
        if (Array.Find(containers, container => container.Recognises(path)) is { } container)
        {
            var opened = container.Open(path, labelled);
            opened.NameClasses(words ?? SynsetWords.In(Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path)) ?? ""));
            return opened;
        }

        throw new DataSetException(IsCompressed(path)
                ? $"'{path}' is compressed, so that its photographs cannot be read in place. Unpack it: gzip -d, or tar -xzf for the files in it."
                : $"'{path}' is none of what is read: {Kinds}.");
    }

    private static bool IsCompressed(string path)
    {
        using var stream = File.OpenRead(path);
        return stream.ReadByte() == 0x1F && stream.ReadByte() == 0x8B;
    }

    /// <summary>How a container is recognised and opened.</summary>
    private sealed record Container(Func<string, bool> Recognises, Func<string, bool, LabelledPhotographs> Open);
}
