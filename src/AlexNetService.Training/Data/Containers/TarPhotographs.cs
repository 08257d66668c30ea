using AlexNetService.Training.Data.Preparation;

namespace AlexNetService.Training.Data.Containers;

/// <summary>Photographs in tars: each is read from its place there, by any number of threads at once.</summary>
internal sealed class TarPhotographs : LabelledPhotographs
{
    private readonly IReadOnlyList<TarArchive> tars;
    private readonly IReadOnlyDictionary<string, TarPlace> places;

    /// <param name="name">Name of the data set.</param>
    /// <param name="listing">Its classes and photographs.</param>
    /// <param name="tars">The tars; are closed with this.</param>
    /// <param name="places">Where each photograph lies, by path.</param>
    /// <param name="prepared">What was measured when the tars were written, if it was.</param>
    public TarPhotographs(
        string name,
        Listing listing,
        IReadOnlyList<TarArchive> tars,
        IReadOnlyDictionary<string, TarPlace> places,
        PreparedStatistics? prepared = null)
        : base(name, listing)
    {
        (this.tars, this.places, Prepared) = (tars, places, prepared);
    }

    public override byte[] Read(string path)
    {
        var (tar, item) = places[path];
        return tar.Read(item);
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

/// <summary>Where a photograph lies.</summary>
/// <param name="Tar">The tar.</param>
/// <param name="Item">Its place there.</param>
internal readonly record struct TarPlace(TarArchive Tar, TarItem Item);
