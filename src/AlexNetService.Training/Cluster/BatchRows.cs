namespace AlexNetService.Training.Cluster;

/// <summary>
/// The rows of a batch that one rank trains on: <paramref name="Count"/> from <paramref name="First"/>, of <paramref name="Whole"/>. If a
/// batch has fewer rows than there are ranks, a rank without a row of its own works on a spare one, which does not count.
/// </summary>
internal readonly record struct BatchRows(int First, int Count, int Whole, bool IsSpare = false)
{
    /// <summary>Whether these are all rows, as in a process of its own.</summary>
    public bool AreAll => Count == Whole && !IsSpare;

    /// <summary>Number of rows that count: losses and errors of others are another rank's.</summary>
    public int Counted => IsSpare ? 0 : Count;

    /// <summary>All rows of a batch.</summary>
    public static BatchRows All(int whole) => new(0, whole, whole);

    /// <summary>The share of a rank, from 0; shares differ by one row at most.</summary>
    public static BatchRows Of(int whole, int rank, int ranks)
    {
        var (first, end) = ((int)((long)whole * rank / ranks), (int)((long)whole * (rank + 1) / ranks));
        return end > first ? new BatchRows(first, end - first, whole) : new BatchRows(Math.Min(first, whole - 1), 1, whole, IsSpare: true);
    }
}
