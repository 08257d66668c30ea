using System.Collections.Concurrent;

namespace AlexNetService.Training.Data;

/// <summary>
/// The photographs that cannot be read. They are left out and reported, unless they are more than one and more than half of a class, or
/// more than five and more than a tenth of all.
/// </summary>
/// <param name="dataSet">Name of the data set, for messages.</param>
/// <param name="photographs">The photographs.</param>
internal sealed class UnreadablePhotographs(string dataSet, IReadOnlyList<Photograph> photographs)
{
    private const int MostOfAll = 5;
    private const double MostOfAllShare = 0.1;
    private const int MostOfAClass = 1;
    private const double MostOfAClassShare = 0.5;

    private readonly Lazy<Dictionary<int, int>> classes = new(() => photographs.CountBy(photograph => photograph.Label).ToDictionary());
    private readonly ConcurrentDictionary<int, string> reasons = new();
    private readonly ConcurrentDictionary<int, int> ofClass = new();

    /// <summary>Number of unreadable photographs.</summary>
    public int Count => reasons.Count;

    /// <summary>Path and reason of each, by place.</summary>
    public IReadOnlyList<string> Reasons => [.. reasons.OrderBy(entry => entry.Key).Select(entry => entry.Value)];

    /// <summary>Whether a photograph is unreadable.</summary>
    public bool Contains(int place) => reasons.ContainsKey(place);

    /// <summary>Adds a photograph; many threads may add at once.</summary>
    /// <param name="place">Its place.</param>
    /// <param name="reason">Its path and the reason.</param>
    public void Add(int place, string reason)
    {
        if (reasons.TryAdd(place, reason))
        {
            ofClass.AddOrUpdate(photographs[place].Label, 1, (_, before) => before + 1);
        }
    }

    /// <exception cref="DataSetException">Too many are unreadable.</exception>
    public void RequireFew()
    {
        if (Count > MostOfAll && Count > MostOfAllShare * photographs.Count)
        {
            throw new DataSetException(
                $"{Count} of {photographs.Count} photographs of '{dataSet}' cannot be read, more than {MostOfAllShare:P0}. "
                + $"Replace or remove them. The first: {Reasons[0]}");
        }

        foreach (var (label, unreadable) in ofClass)
        {
            var all = classes.Value[label];
            if (unreadable > MostOfAClass && unreadable > MostOfAClassShare * all)
            {
                var first = reasons.Where(entry => photographs[entry.Key].Label == label).MinBy(entry => entry.Key).Value;
                throw new DataSetException(
                    $"{unreadable} of {all} photographs of one class of '{dataSet}' cannot be read, more than half. "
                    + $"Replace or remove them. The first: {first}");
            }
        }
    }
}
