namespace AlexNetService.Training.Data;

/// <summary>
/// Photographs with the same bytes. What is held out stays held out, so that it can be named without reading any photograph. Of those to
/// learn from are left out: each that is held out too, each that is in two classes, and of several in one class all but the first.
/// </summary>
internal sealed class IdenticalPhotographs
{
    // Only photographs of equal length are read. In large sets of small photographs these are nearly all.
    private const long MostBytes = 1L << 30;

    private readonly HashSet<Photograph> left = new(ReferenceEqualityComparer.Instance);
    private readonly List<string> heldOut = [];
    private readonly List<string> inTwoClasses = [];
    private readonly List<string> copies = [];

    /// <summary>
    /// Leaves out what is not to be learned from, and gives a sentence for each kind of what was found. The photographs held out may be of
    /// another data set; they have the classes of the first.
    /// </summary>
    public static (IReadOnlyList<Photograph> Learned, IReadOnlyList<string> Findings) LeaveOut(
        LabelledPhotographs source,
        IReadOnlyList<Photograph> learned,
        LabelledPhotographs judge,
        IReadOnlyList<Photograph> judged,
        CancellationToken stop)
    {
        var all = learned.Select(photograph => new Copy(photograph, source, IsHeldOut: false))
            .Concat(judged.Select(photograph => new Copy(photograph, judge, IsHeldOut: true)));
        var alike = all.Where(copy => Photograph.TooLarge(copy.Photograph.Bytes) is null)
            .GroupBy(copy => copy.Photograph.Bytes).Where(group => group.Skip(1).Any()).SelectMany(group => group).ToArray();
        if (alike.Sum(copy => copy.Photograph.Bytes) is > MostBytes and var bytes)
        {
            return (learned, [$"not compared with each other: {alike.Length} photographs, because they have {bytes >> 20} MiB together."]);
        }

        var hashes = new string[alike.Length];
        InParallel.For(alike.Length, Environment.ProcessorCount, i => hashes[i] = HashOf(alike[i]), stop);
        var found = new IdenticalPhotographs();
        foreach (var group in alike.Zip(hashes).Where(pair => pair.Second.Length > 0)
            .GroupBy(pair => pair.Second, pair => pair.First, StringComparer.Ordinal).Where(group => group.Skip(1).Any()))
        {
            found.Add([.. group]);
        }

        return ([.. learned.Where(photograph => !found.left.Contains(photograph))], [.. found.Findings()]);
    }

    private void Add(Copy[] same)
    {
        var (learned, held) = (same.Where(copy => !copy.IsHeldOut).ToArray(), same.Where(copy => copy.IsHeldOut).ToArray());
        if (same.DistinctBy(copy => copy.Photograph.Label).Skip(1).Any())
        {
            left.UnionWith(learned.Select(copy => copy.Photograph));
            inTwoClasses.Add(string.Join(" = ", same.Select(copy => $"'{copy.Photograph.Path}'" + (copy.IsHeldOut ? " (held out)" : ""))));
            return;
        }

        var (first, others, into) = held.Length > 0 ? (held[0], learned, heldOut) : (learned[0], learned[1..], copies);
        left.UnionWith(others.Select(copy => copy.Photograph));
        into.AddRange(others.Select(copy => $"'{copy.Photograph.Path}' = '{first.Photograph.Path}'"));
    }

    private IEnumerable<string> Findings() => new (List<string> Found, string Finding, string Remedy)[]
    {
        (copies, "left out, as the same photograph is there twice: ", "."),
        (heldOut, "not learned from, as the same photograph is held out: ", "."),
        (inTwoClasses, "not learned from, as the same photograph is in several classes: ", ". Keep each in one class."),
    }.Where(kind => kind.Found.Count > 0).Select(kind => kind.Finding + Listing.Some(kind.Found) + kind.Remedy);

    /// <summary>The hash of a photograph, or an empty text if it cannot be read; decoding it will say so.</summary>
    private static string HashOf(Copy copy)
    {
        try
        {
            return copy.Photograph.Bytes == 0 ? "" : Convert.ToHexStringLower(SHA256.HashData(copy.Source.Read(copy.Photograph.Path)));
        }
        catch (DataSetException)
        {
            return "";
        }
    }

    private sealed record Copy(Photograph Photograph, LabelledPhotographs Source, bool IsHeldOut);
}
