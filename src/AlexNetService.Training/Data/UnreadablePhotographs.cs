using System.Collections.Concurrent;

namespace AlexNetService.Training.Data;

/// <summary>Photographs that cannot be read: a few are left out and told at the end, more than one in a hundred stop what is done.</summary>
/// <param name="dataSet">Name of the data set, for messages.</param>
/// <param name="photographs">How many photographs there are.</param>
internal sealed class UnreadablePhotographs(string dataSet, int photographs)
{
    private const double MostUnreadable = 0.01;

    private readonly ConcurrentDictionary<int, string> reasons = new();

    /// <summary>How many there are.</summary>
    public int Count => reasons.Count;

    /// <summary>Paths and reasons, by place.</summary>
    public IReadOnlyList<string> Reasons => [.. reasons.OrderBy(entry => entry.Key).Select(entry => entry.Value)];

    /// <summary>Whether a photograph is one of them.</summary>
    public bool Contains(int place) => reasons.ContainsKey(place);

    /// <summary>Adds one; safe from many threads.</summary>
    /// <param name="place">Its place.</param>
    /// <param name="reason">Its path, and why.</param>
    public void Add(int place, string reason) => reasons[place] = reason;

    /// <exception cref="DataSetException">They are more than one in a hundred.</exception>
    public void RequireFew()
    {
        if (reasons.Count > MostUnreadable * photographs)
        {
            throw new DataSetException(
                $"{reasons.Count} of {photographs} photographs of '{dataSet}' cannot be decoded, more than 1 %. The first: {Reasons[0]}");
        }
    }
}
