namespace AlexNetService.Training.Data.Containers;

/// <summary>A plain tar of a folder with one folder a class.</summary>
internal static class ClassFolderTar
{
    /// <exception cref="DataSetException">The tar is damaged, or holds fewer than two classes where there must be.</exception>
    public static LabelledPhotographs Open(string path, bool labelled)
    {
        var tar = new TarArchive(path);
        var name = Path.GetFileNameWithoutExtension(path);
        var places = new Dictionary<string, TarPlace>(StringComparer.Ordinal);
        foreach (var item in tar.Items().Where(item => Listing.IsPicture(item.Name)))
        {
            // A file that was added again later replaces the one before, as when the tar is unpacked.
            places[item.Name] = new TarPlace(tar, item);
        }

        var entries = places.Select(place => (place.Key, place.Value.Item.Length));
        return new TarPhotographs(name, Listing.OfFolders(name, entries, labelled), [tar], places);
    }
}
