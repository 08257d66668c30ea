namespace AlexNetService.Training.Measuring;

/// <summary>
/// One pass of a model over the photographs: its predictions for each number of crops, and the logits of all views of the photographs that
/// were to be kept, in their order.
/// </summary>
public sealed record ModelMeasurement(IReadOnlyDictionary<int, Predictions> ByCrops, IReadOnlyList<float[]> Kept)
{
    /// <summary>
    /// Runs every view once; the centre crop is one of the ten. The truth is the index of the model's class that each photograph shows;
    /// crops are 1, 10 or both; the places to keep are in ascending order.
    /// </summary>
    /// <exception cref="InputException">The model's output is not a number.</exception>
    public static ModelMeasurement Of(
        EvaluatedModel model, Canvases canvases, int[] truth, IReadOnlyList<int> crops, IEnumerable<int> keep, CancellationToken stop)
    {
        var windows = CropViews.Of(crops.Max(), model.Geometry);
        var centre = Array.IndexOf(windows, CropViews.Centre(model.Geometry)[0]);
        var (classes, places) = (model.Labels.Count, keep.ToHashSet());
        var kept = new List<float[]>(places.Count);
        var probabilities = crops.ToDictionary(count => count, _ => new List<float[]>(truth.Length));
        var running = model.Logits(canvases, windows, stop);
        foreach (var (place, logits) in MeasuringProgress.Over(running, truth.Length, model.Name).Index())
        {
            foreach (var (count, answers) in probabilities)
            {
                var views = count == 1 ? logits.AsSpan(centre * classes, classes) : logits;
                var answer = ViewLogits.Probabilities(views, classes, model.Temperature);
                answers.Add(float.IsFinite(answer[0]) ? answer : throw new InputException(
                    $"{model.Name} gives no numbers for '{canvases.Photographs[place].Path}'. "
                    + "Measure another checkpoint, or export the package again."));
            }

            if (places.Contains(place))
            {
                kept.Add(logits);
            }
        }

        Predictions Answered(List<float[]> answers) => new(model.Labels, canvases.Photographs, truth, [.. answers]);
        return new ModelMeasurement(probabilities.ToDictionary(pair => pair.Key, pair => Answered(pair.Value)), kept);
    }
}
