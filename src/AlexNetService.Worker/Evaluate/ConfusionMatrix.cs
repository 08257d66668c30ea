namespace AlexNetService.Worker.Evaluate;

/// <summary>How often photographs of one class were taken for another.</summary>
/// <param name="Counts">[class shown][class predicted], photographs; the diagonal is what was right.</param>
internal sealed record ConfusionMatrix(int[][] Counts)
{
    public static ConfusionMatrix Of(Predictions predictions)
    {
        var counts = predictions.Labels.Select(_ => new int[predictions.Labels.Count]).ToArray();
        for (var place = 0; place < predictions.Count; place++)
        {
            counts[predictions.Truth[place]][predictions.Predicted(place)]++;
        }

        return new ConfusionMatrix(counts);
    }

    /// <summary>The class that photographs of a class were wrongly taken for most often, or null where all were right.</summary>
    public int? MostOftenTakenFor(int shown)
    {
        var wrong = Enumerable.Range(0, Counts.Length).Where(predicted => predicted != shown && Counts[shown][predicted] > 0).ToArray();
        return wrong.Length == 0 ? null : wrong.MaxBy(predicted => Counts[shown][predicted]);
    }
}
