using System.Collections.Concurrent;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Data.Containers;
using AlexNetService.Training.Data.Preparation;

namespace AlexNetService.Training.Data;

/// <summary>A labelled data set, read in place: encoded photographs, each with a class. Many threads may read at once.</summary>
public abstract class LabelledPhotographs : IDisposable
{
    /// <summary>Creates a data set from a container's listing.</summary>
    /// <param name="name">Name of the data set, for cards and messages.</param>
    /// <param name="listing">Its classes and photographs.</param>
    private protected LabelledPhotographs(string name, Listing listing)
    {
        Name = name;
        (Labels, Photographs, Sha256) = listing;
    }

    /// <summary>Name of the data set, without its path.</summary>
    public string Name { get; }

    /// <summary>The classes, in ordinal order of their identifiers where the container does not number them itself.</summary>
    public IReadOnlyList<ClassLabel> Labels { get; private set; }

    /// <summary>The photographs in a fixed order: the container's own, or ordinal by path.</summary>
    public IReadOnlyList<Photograph> Photographs { get; }

    /// <summary>SHA-256 over path and length of each photograph, lower-case hexadecimal, to tell data sets apart.</summary>
    public string Sha256 { get; }

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

    /// <summary>
    /// Divides the photographs into a training set and a held-out set. In each class about every ⌈1/fraction⌉-th photograph is held out,
    /// spread evenly over the order. The choice does not depend on the seed of a run, so that no member of an ensemble has seen the
    /// photographs on which the members are judged.
    /// </summary>
    /// <param name="fraction">Share held out, 0 to below 1.</param>
    public (IReadOnlyList<Photograph> Training, IReadOnlyList<Photograph> HeldOut) Split(double fraction)
    {
        var (training, heldOut, seen) = (new List<Photograph>(), new List<Photograph>(), new int[Labels.Count]);
        foreach (var photograph in Photographs)
        {
            var place = seen[photograph.Label]++;
            var into = Math.Floor((place + 1) * fraction) > Math.Floor(place * fraction) ? heldOut : training;
            into.Add(photograph);
        }

        return (training, heldOut);
    }

    /// <summary>
    /// Divides the photographs, with limits for each class. The held-out set does not depend on the limit of the training set.
    /// </summary>
    /// <param name="share">The share that is held out, and the limits.</param>
    public (IReadOnlyList<Photograph> Training, IReadOnlyList<Photograph> HeldOut) Split(DataShare share)
    {
        var (training, heldOut) = Split(share.HeldOut);
        return (DataShare.Evenly(training, share.LearnedPerClass), DataShare.Evenly(heldOut, share.HeldOutPerClass));
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
public sealed record Photograph(string Path, int Label);

/// <summary>The shares of a data set that are trained on and held out.</summary>
/// <param name="HeldOut">Share of each class that is held out, 0 to below 1.</param>
/// <param name="LearnedPerClass">Largest number of training photographs of a class, or null for all that are not held out.</param>
/// <param name="HeldOutPerClass">Largest number of held-out photographs of a class, or null for the whole share.</param>
public sealed record DataShare(double HeldOut, int? LearnedPerClass = null, int? HeldOutPerClass = null)
{
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

/// <summary>The photographs that cannot be read. A few are left out and reported; more than one in a hundred are an error.</summary>
/// <param name="dataSet">Name of the data set, for messages.</param>
/// <param name="photographs">Number of photographs.</param>
internal sealed class UnreadablePhotographs(string dataSet, int photographs)
{
    private const double MostUnreadable = 0.01;

    private readonly ConcurrentDictionary<int, string> reasons = new();

    /// <summary>Number of unreadable photographs.</summary>
    public int Count => reasons.Count;

    /// <summary>Path and reason of each, by place.</summary>
    public IReadOnlyList<string> Reasons => [.. reasons.OrderBy(entry => entry.Key).Select(entry => entry.Value)];

    /// <summary>Whether a photograph is unreadable.</summary>
    public bool Contains(int place) => reasons.ContainsKey(place);

    /// <summary>Adds a photograph; many threads may add at once.</summary>
    /// <param name="place">Its place.</param>
    /// <param name="reason">Its path and the reason.</param>
    public void Add(int place, string reason) => reasons[place] = reason;

    /// <exception cref="DataSetException">More than one in a hundred are unreadable.</exception>
    public void RequireFew()
    {
        if (reasons.Count > MostUnreadable * photographs)
        {
            throw new DataSetException(
                $"{reasons.Count} of {photographs} photographs of '{dataSet}' cannot be decoded, more than 1 %. The first: {Reasons[0]}");
        }
    }
}
