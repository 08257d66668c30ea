namespace AlexNetService.Laboratory.Report;

/// <summary>A run's final test: its network's predictions for the held-out photographs.</summary>
/// <param name="ByCrops">Its predictions, for each number of crops.</param>
/// <param name="Wrong">Its most confident errors with the most crops, with the canvases of their photographs.</param>
internal sealed record MeasuredRun(
    IReadOnlyDictionary<int, Predictions> ByCrops, IReadOnlyList<(ConfidentError Error, byte[] Jpeg)> Wrong)
{
    private const int Shown = 30;
    private const int Quality = 90;

    public Predictions Best => ByCrops[ByCrops.Keys.Max()];

    /// <summary>Tests a checkpoint with one crop and with ten (Krizhevsky 2012 §4.1); several ranks share the photographs.</summary>
    public static MeasuredRun Of(
        Checkpoint checkpoint, string run, Canvases heldOut, string devices, CancellationToken stop, Ranks? ranks = null)
    {
        using var model = EvaluatedRun.Of(checkpoint, run, devices);
        int[] truth = [.. heldOut.Photographs.Select(photograph => photograph.Label)];
        var predictions = ModelMeasurement.Of(model, heldOut, truth, CropViews.Counts, keep: [], stop, ranks).ByCrops;
        var places = heldOut.Photographs.Index().ToDictionary(pair => pair.Item.Path, pair => pair.Index, StringComparer.Ordinal);
        return new MeasuredRun(predictions,
        [
            .. ConfidentError.Of(predictions[predictions.Keys.Max()], Shown).Select(error =>
                (error, CanvasEncoder.Jpeg(heldOut[places[error.Photograph]].Span, heldOut.Side, Quality))),
        ]);
    }
}
