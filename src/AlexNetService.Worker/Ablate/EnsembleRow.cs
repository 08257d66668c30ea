using AlexNetService.Worker.Evaluate;

namespace AlexNetService.Worker.Ablate;

/// <summary>Ensembles of some size, over every choice of members.</summary>
/// <param name="Members">Members of an ensemble.</param>
/// <param name="Top1">Top-1 errors of the ensembles, ten crops, 0 to 1; they share members, so their spread is less than independent ones' is.</param>
/// <param name="Top5">Top-5 errors likewise.</param>
internal sealed record EnsembleRow(int Members, Spread Top1, Spread Top5)
{
    /// <summary>Members above which not every choice is counted: 2¹⁰ ensembles.</summary>
    public const int MostMembers = 10;

    /// <summary>Every size from 1 to all.</summary>
    /// <param name="members">The members' predictions of the same photographs; at most <see cref="MostMembers"/> are taken.</param>
    public static IReadOnlyList<EnsembleRow> Of(IReadOnlyList<Predictions> members)
    {
        var taken = Math.Min(members.Count, MostMembers);
        var errors = Enumerable.Range(1, (1 << taken) - 1)
            .Select(choice => members.Take(taken).Where((_, place) => (choice >> place & 1) == 1).ToArray())
            .Select(chosen => (Size: chosen.Length, Errors: Predictions.Mean(chosen, EnsembleWeights.Equal(chosen.Length)).Errors()));
        return
        [
            .. from error in errors
               group error.Errors by error.Size into size
               orderby size.Key
               let top1 = Spread.Of([.. size.Select(one => one.Top1)])
               let top5 = Spread.Of([.. size.Select(one => one.Top5)])
               select new EnsembleRow(size.Key, top1, top5),
        ];
    }
}
