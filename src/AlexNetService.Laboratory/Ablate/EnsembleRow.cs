using AlexNetService.Laboratory.Measure;

namespace AlexNetService.Laboratory.Ablate;

/// <summary>Ensembles of one size, over every choice of members.</summary>
/// <param name="Top1">
/// Top-1 errors of the ensembles, ten crops, 0 to 1. They share members, so their spread is less than that of independent ones.
/// </param>
internal sealed record EnsembleRow(int Members, Spread Top1, Spread Top5)
{
    /// <summary>Most members: every choice of them makes 2¹⁰ ensembles.</summary>
    public const int MostMembers = 10;

    /// <summary>Every size from 1 to all, at most <see cref="MostMembers"/>; the predictions are for the same photographs.</summary>
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
