using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Data.Containers;
using AlexNetService.Training.Data.Preparation;

namespace AlexNetService.Training.Data;

/// <summary>A labelled data set, read in place: encoded photographs, each with a class. Many threads may read at once.</summary>
public abstract class LabelledPhotographs : IDisposable
{
    private readonly int heldOut;

    /// <summary>Creates a data set from a container's listing.</summary>
    /// <param name="name">Name of the data set, for cards and messages.</param>
    /// <param name="listing">Its classes and photographs.</param>
    private protected LabelledPhotographs(string name, Listing listing)
    {
        Name = name;
        (Labels, Photographs, Sha256) = listing;
        (Findings, heldOut) = (listing.Findings, listing.HeldOut);
    }

    /// <summary>Name of the data set, without its path.</summary>
    public string Name { get; }

    /// <summary>The classes, in ordinal order of their identifiers where the container does not number them itself.</summary>
    public IReadOnlyList<ClassLabel> Labels { get; private set; }

    /// <summary>
    /// The photographs in a fixed order: the container's own, or ordinal by path. Those of a <c>val/</c> folder come last; those of a
    /// <c>test/</c> folder are not among them.
    /// </summary>
    public IReadOnlyList<Photograph> Photographs { get; }

    /// <summary>SHA-256 over path and length of each photograph, lower-case hexadecimal, to tell data sets apart.</summary>
    public string Sha256 { get; }

    /// <summary>What its user should know about it, a sentence each: files that are left out, and how its folders are read.</summary>
    public IReadOnlyList<string> Findings { get; }

    /// <summary>Whether it is divided by its own folders, <c>train/</c> and <c>val/</c>, whatever share a run holds out.</summary>
    public bool IsDivided => heldOut > 0;

    /// <summary>The statistics of <c>alexnet prepare</c>, where it made the data set; otherwise null.</summary>
    public PreparedStatistics? Prepared { get; private protected init; }

    /// <summary>Reads a photograph's bytes.</summary>
    /// <param name="path">Path of the photograph inside the data set.</param>
    /// <exception cref="DataSetException">It can no longer be read.</exception>
    public abstract byte[] Read(string path);

    /// <summary>Names the classes; a class that is not in the list keeps its name.</summary>
    /// <param name="words">Names by identifier.</param>
    internal void NameClasses(IReadOnlyDictionary<string, string> words) => Labels = SynsetWords.Name(Labels, words);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Divides the photographs as <see cref="Split(DataShare)"/> does, without limits.</summary>
    /// <param name="fraction">Share held out, 0 to below 1.</param>
    public (IReadOnlyList<Photograph> Training, IReadOnlyList<Photograph> HeldOut) Split(double fraction) =>
        Split(new DataShare(fraction));

    /// <summary>
    /// Divides the photographs into a training set and a held-out set, as its own folders do, or by a share. Of a share, about every
    /// ⌈1/fraction⌉-th photograph of each class is held out, spread evenly over the order. The choice does not depend on the seed of a
    /// run or on the limit of the training set, so that no member of an ensemble has seen the photographs on which the members are judged.
    /// </summary>
    /// <param name="share">The share that is held out, and the limits for each class.</param>
    public (IReadOnlyList<Photograph> Training, IReadOnlyList<Photograph> HeldOut) Split(DataShare share)
    {
        var (training, judged) = IsDivided ? ([.. Photographs.SkipLast(heldOut)], [.. Photographs.TakeLast(heldOut)]) : Divided(share);
        return (DataShare.Evenly(training, share.LearnedPerClass), DataShare.Evenly(judged, share.HeldOutPerClass));
    }

    private (IReadOnlyList<Photograph> Training, IReadOnlyList<Photograph> HeldOut) Divided(DataShare share)
    {
        var (training, judged) = (new List<Photograph>(), new List<Photograph>());
        var (seen, counts) = (new int[Labels.Count], new int[Labels.Count]);
        foreach (var photograph in Photographs)
        {
            counts[photograph.Label]++;
        }

        foreach (var photograph in Photographs)
        {
            var into = share.Holds(seen[photograph.Label]++, counts[photograph.Label]) ? judged : training;
            into.Add(photograph);
        }

        return (training, judged);
    }

    /// <summary>Closes the files.</summary>
    /// <param name="disposing">True from <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>One photograph of a data set.</summary>
/// <param name="Path">Path inside the data set, with '/'.</param>
/// <param name="Label">Index of its class.</param>
/// <param name="Bytes">Its length.</param>
public sealed record Photograph(string Path, int Label, long Bytes = 0);

/// <summary>The shares of a data set that are trained on and held out.</summary>
/// <param name="HeldOut">Share of each class that is held out, 0 to below 1.</param>
/// <param name="LearnedPerClass">Largest number of training photographs of a class, or null for all that are not held out.</param>
/// <param name="HeldOutPerClass">Largest number of held-out photographs of a class, or null for the whole share.</param>
/// <param name="Least">
/// Least number of held-out photographs of a class, unless that is more than half of it or nothing is held out. Runs of before this rule
/// have 0.
/// </param>
public sealed record DataShare(
    double HeldOut, int? LearnedPerClass = null, int? HeldOutPerClass = null, int Least = DataShare.UsualLeast)
{
    /// <summary>The usual least number of held-out photographs of a class: 2.</summary>
    public const int UsualLeast = 2;

    /// <summary>Whether a photograph is held out.</summary>
    /// <param name="place">Its place in its class, from 0.</param>
    /// <param name="count">Number of photographs of the class.</param>
    internal bool Holds(int place, int count)
    {
        var least = HeldOut > 0 ? Math.Min(Least, count / 2) : 0;
        return Math.Floor(count * HeldOut) >= least
            ? Math.Floor((place + 1) * HeldOut) > Math.Floor(place * HeldOut)
            : (long)(place + 1) * least / count > (long)place * least / count;
    }

    /// <summary>Picks at most a number of photographs of each class, spread evenly over their order, whatever the seed of a run.</summary>
    /// <param name="photographs">Photographs in the data set's order.</param>
    /// <param name="most">The number, or null for all.</param>
    internal static IReadOnlyList<Photograph> Evenly(IReadOnlyList<Photograph> photographs, int? most)
    {
        if (most is not { } few)
        {
            return photographs;
        }

        var (counts, seen) = (photographs.CountBy(photograph => photograph.Label).ToDictionary(), new Dictionary<int, int>());
        return
        [
            .. photographs.Where(photograph =>
            {
                var count = counts[photograph.Label];
                long place = seen.GetValueOrDefault(photograph.Label);
                seen[photograph.Label] = (int)place + 1;
                return few >= count || (place + 1) * few / count > place * few / count;
            }),
        ];
    }
}

/// <summary>A data set that cannot be used.</summary>
public sealed class DataSetException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">The reason and the remedy.</param>
    /// <param name="cause">The failure underneath, if any.</param>
    public DataSetException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
