namespace AlexNetService.Training.Measuring;

/// <summary>
/// One pass of a model over the photographs: its predictions for each number of crops, and the logits of all views of the photographs that
/// were to be kept, in their order.
/// </summary>
public sealed record ModelMeasurement(IReadOnlyDictionary<int, Predictions> ByCrops, IReadOnlyList<float[]> Kept)
{
    /// <summary>
    /// Runs every view once; the centre crop is one of the ten. The truth is the index of the model's class that each photograph shows;
    /// crops are 1, 10 or both; the places to keep are in ascending order. Of several ranks, each runs its share of the photographs, and
    /// all get the whole.
    /// </summary>
    /// <exception cref="InputException">The model's output is not a number.</exception>
    public static ModelMeasurement Of(
        EvaluatedModel model,
        Canvases canvases,
        int[] truth,
        IReadOnlyList<int> crops,
        IEnumerable<int> keep,
        CancellationToken stop,
        Ranks? ranks = null)
    {
        ranks ??= new Ranks();
        var own = ranks.RowsOf(truth.Length);
        var windows = CropViews.Of(crops.Max(), model.Geometry);
        var centre = Array.IndexOf(windows, CropViews.Centre(model.Geometry)[0]);
        var (classes, places) = (model.Labels.Count, keep.ToHashSet());
        var kept = new float[truth.Length][];
        var probabilities = crops.ToDictionary(count => count, _ => new float[truth.Length][]);
        var running = own.Counted == 0 ? [] : model.Logits(own.AreAll ? canvases : canvases.Part(own.First, own.Count), windows, stop);
        foreach (var (i, logits) in MeasuringProgress.Over(running, own.Counted, model.Name).Index())
        {
            var place = own.First + i;
            foreach (var (count, answers) in probabilities)
            {
                var views = count == 1 ? logits.AsSpan(centre * classes, classes) : logits;
                var answer = ViewLogits.Probabilities(views, classes, model.Temperature);
                answers[place] = float.IsFinite(answer[0]) ? answer : throw new InputException(
                    $"{model.Name} gives no numbers for '{canvases.Photographs[place].Path}'. "
                    + "Measure another checkpoint, or export the package again.");
            }

            if (places.Contains(place))
            {
                kept[place] = logits;
            }
        }

        foreach (var answers in probabilities.Values)
        {
            ranks.Complete(answers, classes, _ => true);
        }

        ranks.Complete(kept, windows.Length * classes, places.Contains);

        Predictions Answered(float[][] answers) => new(model.Labels, canvases.Photographs, truth, answers);
        return new ModelMeasurement(
            probabilities.ToDictionary(pair => pair.Key, pair => Answered(pair.Value)), [.. places.Order().Select(place => kept[place])]);
    }
}
