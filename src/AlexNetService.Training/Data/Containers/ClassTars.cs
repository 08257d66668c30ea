namespace AlexNetService.Training.Data.Containers;

/// <summary>
/// One tar for each class, named after the class. Either all in one tar, as ILSVRC-2012's training photographs are distributed
/// (<c>ILSVRC2012_img_train.tar</c> holds <c>n01440764.tar</c> and 999 others), or side by side in a folder. Paths are those of the
/// unpacked photographs, <c>n01440764/n01440764_10026.JPEG</c>, so the data set is the same as the unpacked one.
/// </summary>
internal static class ClassTars
{
    private const string Ilsvrc = "ILSVRC2012_img_train.tar";

    /// <summary>Whether a tar holds tars.</summary>
    public static bool RecognisesFile(string path) =>
        TarArchive.Recognises(path) && TarArchive.FirstNames(path) is [var first, ..] && IsTar(first);

    /// <summary>Whether a folder holds ILSVRC's training tar.</summary>
    public static bool HoldsIlsvrc(string folder) => File.Exists(Path.Combine(folder, Ilsvrc));

    /// <summary>Whether a folder holds ILSVRC's training tar, or tars of photographs without folders.</summary>
    public static bool RecognisesFolder(string path) =>
        HoldsIlsvrc(path)
        || (TarArchive.In(path) is [var tar, ..]
            && Array.TrueForAll(TarArchive.FirstNames(tar), name => !name.Contains('/') && Listing.IsPicture(name)));

    /// <summary>Opens a tar of class tars.</summary>
    /// <exception cref="DataSetException">A tar is damaged, or there are fewer than two classes although they are needed.</exception>
    public static LabelledPhotographs OpenFile(string path, bool labelled) =>
        Open(Path.GetFileNameWithoutExtension(path), [path], tar => tar.Items().Where(item => IsTar(item.Name)), labelled);

    /// <summary>Opens a folder that holds class tars, or ILSVRC's training tar.</summary>
    /// <exception cref="DataSetException">A tar is damaged, or there are fewer than two classes although they are needed.</exception>
    public static LabelledPhotographs OpenFolder(string path, bool labelled) => HoldsIlsvrc(path)
        ? OpenFile(Path.Combine(path, Ilsvrc), labelled)
        : Open(FolderPhotographs.NameOf(path), TarArchive.In(path), tar => [tar.Whole], labelled);

    private static TarPhotographs Open(
        string name, IReadOnlyList<string> files, Func<TarArchive, IEnumerable<TarItem>> classTars, bool labelled) =>
        TarPhotographs.Open(name, files, tars =>
        {
            TarItem[] classes = [.. tars.SelectMany(classTars)];

            // A million headers lie far apart, so the tars of the classes are read in parallel.
            var byClass = new (string Path, TarItem Item)[classes.Length][];
            InParallel.For(classes.Length, Environment.ProcessorCount, i =>
            {
                var id = Path.GetFileNameWithoutExtension(classes[i].Name);
                byClass[i] = [.. classes[i].Tar.Items(classes[i]).Select(item => ($"{id}/{item.Name}", item))];
            });
            return TarPhotographs.ListFolders(name, byClass.SelectMany(files => files), labelled);
        });

    private static bool IsTar(string name) => name.EndsWith(".tar", StringComparison.OrdinalIgnoreCase);
}
