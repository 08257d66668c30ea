using System.Security.Cryptography;

namespace AlexNetService.Training.Data;

/// <summary>
/// Photographs with the same bytes. What is held out stays held out, so that it can be named without reading any photograph. Of those to
/// learn from are left out: each that is held out too, each that is in two classes, and of several in one class all but the first.
/// </summary>
internal sealed class IdenticalPhotographs
{
    private const int Listed = 5;

    // Only photographs of equal length are read. In large sets of small photographs these are nearly all.
    private const long MostBytes = 1L << 30;

    private readonly HashSet<Photograph> left = new(ReferenceEqualityComparer.Instance);
    private readonly List<string> heldOut = [];
    private readonly List<string> inTwoClasses = [];
    private readonly List<string> copies = [];

    /// <summary>Leaves out what is not to be learned from.</summary>
    /// <param name="source">The data set to learn from.</param>
    /// <param name="learned">Its photographs to learn from.</param>
    /// <param name="judge">The data set of the photographs held out; may be the same.</param>
    /// <param name="judged">The photographs held out, with the classes of the first data set.</param>
    /// <param name="stop">Stops the reading.</param>
    /// <returns>The photographs to learn from, and a sentence for each kind of what was found.</returns>
    public static (IReadOnlyList<Photograph> Learned, IReadOnlyList<string> Findings) LeaveOut(
        LabelledPhotographs source,
        IReadOnlyList<Photograph> learned,
        LabelledPhotographs judge,
        IReadOnlyList<Photograph> judged,
        CancellationToken stop)
    {
        var all = learned.Select(photograph => new Copy(photograph, source, IsHeldOut: false))
            .Concat(judged.Select(photograph => new Copy(photograph, judge, IsHeldOut: true)));
        var alike = all.GroupBy(copy => copy.Photograph.Bytes).Where(group => group.Skip(1).Any()).SelectMany(group => group).ToArray();
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

    private IEnumerable<string> Findings()
    {
        if (copies.Count > 0)
        {
            yield return $"left out, as the same photograph is there twice: {Some(copies)}.";
        }

        if (heldOut.Count > 0)
        {
            yield return $"not learned from, as the same photograph is held out: {Some(heldOut)}.";
        }

        if (inTwoClasses.Count > 0)
        {
            yield return $"not learned from, as the same photograph is in several classes: {Some(inTwoClasses)}. Keep each in one class.";
        }
    }

    private static string Some(List<string> pairs) =>
        string.Join(", ", pairs.Take(Listed)) + (pairs.Count > Listed ? $" and {pairs.Count - Listed} more" : "");

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
