using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Data.Containers;
using AlexNetService.Training.Data.Preparation;

namespace AlexNetService.Training.Data;

/// <summary>
/// A labelled data set, read in place: encoded photographs, each of a class. Reading is safe from many threads.
/// </summary>
public abstract class LabelledPhotographs : IDisposable
{
    /// <summary>A data set that a container listed.</summary>
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

    /// <summary>The photographs, in an order that is always the same: ordinal by path where the container has none of its own.</summary>
    public IReadOnlyList<Photograph> Photographs { get; }

    /// <summary>SHA-256 over each photograph's path and length, lower-case hexadecimal: tells one data set from another quickly.</summary>
    public string Sha256 { get; }

    /// <summary>What <c>alexnet prepare</c> measured, where the data set was made by it; otherwise null.</summary>
    public PreparedStatistics? Prepared { get; private protected init; }

    /// <summary>Reads a photograph's bytes.</summary>
    /// <param name="path">Path of the photograph inside the data set.</param>
    /// <exception cref="DataSetException">It cannot be read any more.</exception>
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
    /// Divides the photographs into those to learn from and those held out: in each class every ⌈1/fraction⌉-th or so, spread
    /// evenly over the paths in order. The same fraction always holds out the same photographs, whatever the seed of a run, so that
    /// members of an ensemble are judged on photographs none of them saw.
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

    /// <summary>The same, with no more of a class than the share allows; what is held out never depends on how many are learned from.</summary>
    /// <param name="share">What to learn from and what to hold out.</param>
    public (IReadOnlyList<Photograph> Training, IReadOnlyList<Photograph> HeldOut) Split(DataShare share)
    {
        var (training, heldOut) = Split(share.HeldOut);
        return (DataShare.Evenly(training, share.LearnedPerClass), DataShare.Evenly(heldOut, share.HeldOutPerClass));
    }

    /// <summary>Releases what reading needs.</summary>
    /// <param name="disposing">True from <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>One photograph of a data set.</summary>
/// <param name="Path">Path inside the data set, with '/'.</param>
/// <param name="Label">Index of its class.</param>
public sealed record Photograph(string Path, int Label);

/// <summary>A data set that cannot be used, with what to do about it.</summary>
public sealed class DataSetException : Exception
{
    /// <summary>A data set that cannot be used.</summary>
    /// <param name="message">What is wrong and what to do.</param>
    /// <param name="cause">The failure underneath, if any.</param>
    public DataSetException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
