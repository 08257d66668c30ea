using AlexNetService.Laboratory.Measure;

namespace AlexNetService.Laboratory.Ablate;

/// <summary>Errors of all ensembles of one size: one for each choice of members.</summary>
/// <param name="Top1">
/// Top-1 errors of the ensembles, ten crops, 0 to 1. They share members, so their spread is less than that of independent ones.
/// </param>
internal sealed record EnsembleRow(int Members, Spread Top1, Spread Top5)
{
    /// <summary>Most members that are considered; their choices make 2¹⁰ − 1 ensembles.</summary>
    public const int MostMembers = 10;

    /// <summary>Every size from 1 to all, at most <see cref="MostMembers"/>; the predictions are for the same photographs.</summary>
    public static IReadOnlyList<EnsembleRow> Of(IReadOnlyList<Predictions> members)
    {
        var count = Math.Min(members.Count, MostMembers);

        // Bit i of a choice says whether member i takes part.
        var errors = Enumerable.Range(1, (1 << count) - 1)
            .Select(choice => members.Take(count).Where((_, place) => ((choice >> place) & 1) == 1).ToArray())
            .Select(chosen => (Size: chosen.Length, Errors: Predictions.Mean(chosen, EnsembleWeights.Equal(chosen.Length)).Errors()));
        return
        [
            .. from error in errors
               group error.Errors by error.Size into ensembles
               orderby ensembles.Key
               let top1 = Spread.Of([.. ensembles.Select(pair => pair.Top1)])
               let top5 = Spread.Of([.. ensembles.Select(pair => pair.Top5)])
               select new EnsembleRow(ensembles.Key, top1, top5),
        ];
    }
}
