using AlexNetService.Training.Data.Preparation;

namespace AlexNetService.Training.Data.Containers;

/// <summary>Photographs in tars. Each is read at its offset, by any number of threads at once.</summary>
internal sealed class TarPhotographs : LabelledPhotographs
{
    private readonly IReadOnlyList<TarArchive> tars;
    private readonly IReadOnlyDictionary<string, TarItem> places;

    private TarPhotographs(
        string name,
        Listing listing,
        IReadOnlyList<TarArchive> tars,
        IReadOnlyDictionary<string, TarItem> places,
        PreparedStatistics? prepared)
        : base(name, listing)
    {
        (this.tars, this.places, Prepared) = (tars, places, prepared);
    }

    /// <summary>Opens tars and lists them. Closes them again if that fails.</summary>
    /// <param name="name">Name of the data set.</param>
    /// <param name="files">Paths of the tars.</param>
    /// <param name="list">Lists the photographs of the tars, and the place of each by its path.</param>
    /// <param name="prepared">The statistics of <c>alexnet prepare</c>, where it wrote the tars.</param>
    /// <exception cref="DataSetException">A tar cannot be opened or is damaged, or the data set is refused.</exception>
    public static TarPhotographs Open(
        string name,
        IReadOnlyList<string> files,
        Func<IReadOnlyList<TarArchive>, (Listing Listing, IReadOnlyDictionary<string, TarItem> Places)> list,
        PreparedStatistics? prepared = null)
    {
        var tars = new List<TarArchive>(files.Count);
        try
        {
            foreach (var file in files)
            {
                tars.Add(new TarArchive(file));
            }

            var (listing, places) = list(tars);
            return new TarPhotographs(name, listing, tars, places, prepared);
        }
        catch
        {
            tars.ForEach(tar => tar.Dispose());
            throw;
        }
    }

    /// <summary>Opens a plain tar of a folder with one folder for each class.</summary>
    /// <exception cref="DataSetException">The tar is damaged, or has fewer than two classes although they are needed.</exception>
    public static LabelledPhotographs OpenClassFolders(string path, bool labelled)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        return Open(name, [path], tars =>
        {
            return ListFolders(name, tars[0].Items().Select(item => (item.Name, item)), labelled);
        });
    }

    /// <summary>Lists files; the paths of photographs begin with their class.</summary>
    public static (Listing Listing, IReadOnlyDictionary<string, TarItem> Places) ListFolders(
        string name,
        IEnumerable<(string Path, TarItem Item)> files,
        bool labelled)
    {
        var places = new Dictionary<string, TarItem>(StringComparer.Ordinal);
        foreach (var (path, item) in files)
        {
            // A file that was added again later replaces the earlier one, as when the tar is unpacked.
            places[path] = item;
        }

        return (ClassFolders.List(name, places.Select(place => (place.Key, place.Value.Length)), labelled), places);
    }

    public override byte[] Read(string path)
    {
        var item = places[path];
        return item.Tar.Read(item);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var tar in tars)
            {
                tar.Dispose();
            }
        }

        base.Dispose(disposing);
    }
}
