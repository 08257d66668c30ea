namespace AlexNetService.Training.Data.Containers;

/// <summary>
/// Tars of photographs in class folders: one plain tar, or one tar for each class, named after the class. These are either all in one
/// tar, as ILSVRC-2012's training photographs are distributed (<c>ILSVRC2012_img_train.tar</c> holds <c>n01440764.tar</c> and 999
/// others), or side by side in a folder. Paths are those of the unpacked photographs, <c>n01440764/n01440764_10026.JPEG</c>, so the data
/// set is the same as the unpacked one.
/// </summary>
internal static class TarPhotographs
{
    private const string Ilsvrc = "ILSVRC2012_img_train.tar";

    public static bool HoldsIlsvrc(string folder) => File.Exists(Path.Combine(folder, Ilsvrc));

    /// <summary>Opens a tar, or a folder that holds class tars or ILSVRC's training tar; null if the path is neither.</summary>
    public static LabelledPhotographs? TryOpen(string path, bool labelled)
    {
        if (HoldsIlsvrc(path))
        {
            return OpenClassTars(Path.Combine(path, Ilsvrc), labelled);
        }

        if (Directory.Exists(path))
        {
            var tars = TarArchive.In(path);
            return tars is [var tar, ..] && TarArchive.FirstNames(tar).All(name => !name.Contains('/') && Listing.IsPicture(name))
                ? Open(tars, opened => ListClassTars(Listing.NameOf(path), opened, [.. opened.Select(tar => tar.Whole)], labelled))
                : null;
        }

        return !TarArchive.Recognises(path) ? null
            : TarArchive.FirstNames(path) is [var first, ..] && IsTar(first) ? OpenClassTars(path, labelled)
            : Open([path], tars => List(Listing.NameOf(path), tars, tars[0].Items().Select(item => (item.Name, item)), labelled));
    }

    /// <summary>Opens tars and lists their photographs. Closes the tars again if that fails.</summary>
    public static LabelledPhotographs Open(IEnumerable<string> files, Func<IReadOnlyList<TarArchive>, LabelledPhotographs> list)
    {
        var tars = new List<TarArchive>();
        try
        {
            foreach (var file in files)
            {
                tars.Add(new TarArchive(file));
            }

            return list(tars);
        }
        catch
        {
            tars.ForEach(tar => tar.Dispose());
            throw;
        }
    }

    private static LabelledPhotographs OpenClassTars(string path, bool labelled) => Open(
        [path],
        tars => ListClassTars(Listing.NameOf(path), tars, [.. tars[0].Items().Where(item => IsTar(item.Name))], labelled));

    private static LabelledPhotographs ListClassTars(string name, IReadOnlyList<TarArchive> tars, TarItem[] classes, bool labelled)
    {
        // A million headers lie far apart, so the tars of the classes are read in parallel.
        var byClass = new (string Path, TarItem Item)[classes.Length][];
        InParallel.For(classes.Length, Environment.ProcessorCount, i =>
        {
            var id = Path.GetFileNameWithoutExtension(classes[i].Name);
            byClass[i] = [.. classes[i].Tar.Items(classes[i]).Select(item => ($"{id}/{item.Name}", item))];
        });
        return List(name, tars, byClass.SelectMany(files => files), labelled);
    }

    private static LabelledPhotographs List(
        string name, IReadOnlyList<TarArchive> tars, IEnumerable<(string Path, TarItem Item)> files, bool labelled)
    {
        var places = new Dictionary<string, TarItem>(StringComparer.Ordinal);
        foreach (var (path, item) in files)
        {
            // A file that was added again later replaces the earlier one, as when the tar is unpacked.
            places[path] = item;
        }

        var entries = places.Select(place => (place.Key, place.Value.Length));
        return ClassFolders.List(name, entries, labelled, path => places[path].Read(), [.. tars]);
    }

    private static bool IsTar(string name) => name.EndsWith(".tar", StringComparison.OrdinalIgnoreCase);
}
