namespace AlexNetService.Training.Data;

/// <summary>Which photographs of a data set are learned from and which are held out.</summary>
/// <param name="HeldOut">Share of each class that is held out, 0 to below 1.</param>
/// <param name="LearnedPerClass">Most photographs of a class to learn from, or null for all that are not held out.</param>
/// <param name="HeldOutPerClass">Most photographs of a class that are held out, or null for the whole share.</param>
public sealed record DataShare(double HeldOut, int? LearnedPerClass = null, int? HeldOutPerClass = null)
{
    /// <summary>
    /// At most so many of each class, spread evenly over their order: the same ones whatever the seed of a run.
    /// </summary>
    /// <param name="photographs">Photographs in the data set's order.</param>
    /// <param name="most">How many of a class, or null for all.</param>
    internal static IReadOnlyList<Photograph> Evenly(IReadOnlyList<Photograph> photographs, int? most)
    {
        if (most is not { } few)
        {
            return photographs;
        }

        var (there, seen) = (photographs.CountBy(photograph => photograph.Label).ToDictionary(), new Dictionary<int, int>());
        return
        [
            .. photographs.Where(photograph =>
            {
                long place = seen.GetValueOrDefault(photograph.Label);
                seen[photograph.Label] = (int)place + 1;
                return few >= there[photograph.Label] || (place + 1) * few / there[photograph.Label] > place * few / there[photograph.Label];
            }),
        ];
    }
}
