namespace AlexNetService.Training.Data;

/// <summary>
/// The photographs that cannot be read. They are left out and reported, unless they are more than one and more than half of a class, or
/// more than five and more than a tenth of all.
/// </summary>
internal sealed class UnreadablePhotographs(LabelledPhotographs source, IReadOnlyList<Photograph> photographs)
{
    private const int MostOfAll = 5;
    private const double MostOfAllShare = 0.1;
    private const int MostOfAClass = 1;
    private const double MostOfAClassShare = 0.5;

    private readonly Lazy<Dictionary<int, int>> classes = new(() => photographs.CountBy(photograph => photograph.Label).ToDictionary());
    private readonly ConcurrentDictionary<int, string> reasons = new();

    public int Count => reasons.Count;

    public IReadOnlyList<string> Reasons => [.. reasons.OrderBy(entry => entry.Key).Select(entry => entry.Value)];

    public bool Contains(int place) => reasons.ContainsKey(place);

    /// <summary>Adds a photograph by its place, with its path and the reason; many threads may add at once.</summary>
    public void Add(int place, string reason) => reasons.TryAdd(place, reason);

    /// <summary>Decodes a photograph to a canvas, [3,side,side], or adds it here and returns false.</summary>
    /// <exception cref="DataSetException">Its bytes can no longer be read.</exception>
    public bool TryDecode(int place, int side, Span<byte> canvas)
    {
        var path = photographs[place].Path;
        if (Photograph.TooLarge(photographs[place].Bytes) is { } reason)
        {
            Add(place, $"{path}: it {reason}");
            return false;
        }

        if (CanvasDecoder.DecodeTo(source.Read(path), side, canvas) is not { } fault)
        {
            return true;
        }

        Add(place, $"{path}: {fault.Reason}");
        return false;
    }

    /// <exception cref="DataSetException">Too many are unreadable.</exception>
    public void RequireFew()
    {
        if (Count > MostOfAll && Count > MostOfAllShare * photographs.Count)
        {
            throw new DataSetException(
                $"{Count} of {photographs.Count} photographs of '{source.Name}' cannot be read, more than {MostOfAllShare:P0}. "
                + $"Replace or remove them. The first: {Reasons[0]}");
        }

        foreach (var ofClass in reasons.GroupBy(entry => photographs[entry.Key].Label))
        {
            var (unreadable, all) = (ofClass.Count(), classes.Value[ofClass.Key]);
            if (unreadable > MostOfAClass && unreadable > MostOfAClassShare * all)
            {
                throw new DataSetException(
                    $"{unreadable} of {all} photographs of one class of '{source.Name}' cannot be read, more than half. "
                    + $"Replace or remove them. The first: {ofClass.MinBy(entry => entry.Key).Value}");
            }
        }
    }
}
