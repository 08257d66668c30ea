using AlexNetService.Training.Data.Preparation;

namespace AlexNetService.Training.Data;

/// <summary>A labelled data set, read in place: encoded photographs, each with a class. Many threads may read at once.</summary>
public sealed class LabelledPhotographs : IDisposable
{
    private readonly Func<string, byte[]> read;
    private readonly IReadOnlyList<IDisposable> files;

    internal LabelledPhotographs(
        string name,
        IReadOnlyList<ClassLabel> labels,
        IReadOnlyList<Photograph> photographs,
        string sha256,
        Func<string, byte[]> read,
        IReadOnlyList<IDisposable> files)
    {
        (Name, Labels, Photographs, Sha256, this.read, this.files) = (name, labels, photographs, sha256, read, files);
    }

    /// <summary>Name of the data set, without its path.</summary>
    public string Name { get; }

    /// <summary>The classes, in ordinal order of their identifiers where the container does not number them itself.</summary>
    public IReadOnlyList<ClassLabel> Labels { get; internal set; }

    /// <summary>
    /// The photographs in a fixed order: the container's own, or ordinal by path. Those of a <c>val/</c> folder come last; those of a
    /// <c>test/</c> folder are not among them.
    /// </summary>
    public IReadOnlyList<Photograph> Photographs { get; }

    /// <summary>SHA-256 over path and length of each photograph, lower-case hexadecimal, to tell data sets apart.</summary>
    public string Sha256 { get; }

    /// <summary>What its user should know about it, a sentence each: files that are left out, and how its folders are read.</summary>
    public IReadOnlyList<string> Findings { get; internal init; } = [];

    /// <summary>Whether it is divided by its own folders, <c>train/</c> and <c>val/</c>, whatever share a run holds out.</summary>
    public bool IsDivided => HeldOut > 0;

    /// <summary>How many photographs at the end are held out, whatever share a run holds out; 0 if a share is.</summary>
    internal int HeldOut { get; init; }

    /// <summary>The statistics of <c>alexnet prepare</c>, where it made the data set; otherwise null.</summary>
    public PreparedStatistics? Prepared { get; internal set; }

    /// <summary>Reads a photograph's bytes, by its path inside the data set.</summary>
    /// <exception cref="DataSetException">
    /// It can no longer be read, or is larger than <see cref="Photograph.LargestBytes"/>.
    /// </exception>
    public byte[] Read(string path) => read(path);

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (var file in files)
        {
            file.Dispose();
        }
    }

    /// <summary>
    /// Divides the photographs into a training set and a held-out set, as its own folders do, or by a share. Of a share, about every
    /// ⌈1/fraction⌉-th photograph of each class is held out, spread evenly over the order. The choice does not depend on the seed of a run
    /// or on the limit of the training set, so that no member of an ensemble has seen the photographs on which the members are judged.
    /// </summary>
    public (IReadOnlyList<Photograph> Training, IReadOnlyList<Photograph> HeldOut) Split(DataShare share)
    {
        var (training, judged) = IsDivided ? ([.. Photographs.SkipLast(HeldOut)], [.. Photographs.TakeLast(HeldOut)]) : Divided(share);
        return (DataShare.Evenly(training, share.LearnedPerClass), DataShare.Evenly(judged, share.HeldOutPerClass));
    }

    private (IReadOnlyList<Photograph> Training, IReadOnlyList<Photograph> HeldOut) Divided(DataShare share)
    {
        var counts = Photographs.CountBy(photograph => photograph.Label).ToDictionary();
        var seen = new int[Labels.Count];
        var isHeldOut = Photographs.ToLookup(photograph => share.Holds(seen[photograph.Label]++, counts[photograph.Label]));
        return ([.. isHeldOut[false]], [.. isHeldOut[true]]);
    }
}

/// <summary>One photograph of a data set: its path inside the data set, with '/', the index of its class, and its length.</summary>
public sealed record Photograph(string Path, int Label, long Bytes = 0)
{
    /// <summary>Largest photograph that is read, in bytes: 64 MiB. Photographs of 100 megapixels have about 40 MB as JPEG.</summary>
    public const int LargestBytes = 64 << 20;

    /// <summary>The reason why a photograph of a length is not read, as the end of a sentence; null if it is read.</summary>
    public static string? TooLarge(long bytes) => bytes <= LargestBytes ? null
        : $"has {bytes} bytes; photographs have at most {LargestBytes}. Save it as JPEG, or smaller.";
}

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

    /// <summary>Whether a photograph is held out, by its place in its class, from 0, and the number of photographs of the class.</summary>
    internal bool Holds(int place, int count)
    {
        var least = HeldOut > 0 ? Math.Min(Least, count / 2) : 0;
        return Math.Floor(count * HeldOut) >= least
            ? Math.Floor((place + 1) * HeldOut) > Math.Floor(place * HeldOut)
            : (long)(place + 1) * least / count > (long)place * least / count;
    }

    /// <summary>
    /// Picks at most a number of photographs of each class, or all, spread evenly over their order, whatever the seed of a run.
    /// </summary>
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

/// <summary>A data set that cannot be used. The message gives the reason and the remedy.</summary>
public sealed class DataSetException(string message, Exception? cause = null) : Exception(message, cause);
