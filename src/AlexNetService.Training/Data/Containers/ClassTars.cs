namespace AlexNetService.Training.Data.Containers;

/// <summary>
/// A tar for each class, called after it: together in one tar, as ILSVRC-2012's training photographs are distributed
/// (<c>ILSVRC2012_img_train.tar</c> holds <c>n01440764.tar</c> and 999 others), or side by side in a folder. Paths are those that
/// unpacking would give, <c>n01440764/n01440764_10026.JPEG</c>, so that the data set is the same one unpacked.
/// </summary>
internal static class ClassTars
{
    private const string Ilsvrc = "ILSVRC2012_img_train.tar";

    /// <summary>Whether a tar holds tars.</summary>
    public static bool RecognisesFile(string path) =>
        TarArchive.Recognises(path) && TarFolder.FirstNames(path) is [var first, ..] && IsTar(first);

    /// <summary>Whether a folder holds ILSVRC's training tar.</summary>
    public static bool HoldsIlsvrc(string folder) => File.Exists(Path.Combine(folder, Ilsvrc));

    /// <summary>Whether a folder holds ILSVRC's training tar, or tars of photographs without folders.</summary>
    public static bool RecognisesFolder(string path) =>
        HoldsIlsvrc(path)
        || (TarFolder.Tars(path) is [var tar, ..]
            && Array.TrueForAll(TarFolder.FirstNames(tar), name => !name.Contains('/') && Listing.IsPicture(name)));

    /// <summary>Opens a tar of class tars.</summary>
    /// <exception cref="DataSetException">A tar is damaged, or there are fewer than two classes where there must be.</exception>
    public static LabelledPhotographs OpenFile(string path, bool labelled)
    {
        var tar = new TarArchive(path);
        var classes = tar.Items().Where(item => IsTar(item.Name)).Select(item => new TarPlace(tar, item));
        return Open(Path.GetFileNameWithoutExtension(path), [tar], [.. classes], labelled);
    }

    /// <summary>Opens a folder that holds class tars, or ILSVRC's training tar.</summary>
    /// <exception cref="DataSetException">A tar is damaged, or there are fewer than two classes where there must be.</exception>
    public static LabelledPhotographs OpenFolder(string path, bool labelled)
    {
        if (HoldsIlsvrc(path))
        {
            return OpenFile(Path.Combine(path, Ilsvrc), labelled);
        }

        TarArchive[] tars = [.. TarFolder.Tars(path).Select(tar => new TarArchive(tar))];
        var classes = tars.Select(tar => new TarPlace(tar, new TarItem(tar.Name, 0, tar.Length)));
        return Open(FolderPhotographs.NameOf(path), tars, [.. classes], labelled);
    }

    private static TarPhotographs Open(string name, TarArchive[] tars, TarPlace[] classes, bool labelled)
    {
        // A million headers lie far apart; the classes' tars are walked side by side.
        var byClass = new (string Path, TarPlace Place)[classes.Length][];
        InParallel.For(classes.Length, Environment.ProcessorCount, i =>
        {
            var (tar, inner) = classes[i];
            var id = Path.GetFileNameWithoutExtension(inner.Name);
            var pictures = tar.Items(inner).Where(item => Listing.IsPicture(item.Name));
            byClass[i] = [.. pictures.Select(item => ($"{id}/{item.Name}", new TarPlace(tar, item)))];
        });
        var places = new Dictionary<string, TarPlace>(StringComparer.Ordinal);
        foreach (var (path, place) in byClass.SelectMany(entries => entries))
        {
            places[path] = place;
        }

        var entries = places.Select(place => (place.Key, place.Value.Item.Length));
        return new TarPhotographs(name, Listing.OfFolders(name, entries, labelled), tars, places);
    }

    private static bool IsTar(string name) => name.EndsWith(".tar", StringComparison.OrdinalIgnoreCase);
}
