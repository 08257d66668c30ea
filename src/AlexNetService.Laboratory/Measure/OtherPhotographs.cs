namespace AlexNetService.Laboratory.Measure;

/// <summary>Confidence of models on photographs that show none of their classes; less is better.</summary>
internal sealed record OtherPhotographs(
    string DataSet, int Photographs, int Crops, IReadOnlyList<ConfidenceReport> Models, ConfidenceReport? Ensemble)
{
    /// <summary>Runs every model once over all photographs.</summary>
    /// <param name="source">The photographs; their labels do not matter.</param>
    /// <param name="models">Each with its fitted temperature or null, and its predictions for its classes with that temperature.</param>
    /// <param name="weights">Shares in the ensemble.</param>
    public static OtherPhotographs Of(
        LabelledPhotographs source,
        IReadOnlyList<(EvaluatedModel Model, double? Fitted, Predictions Known)> models,
        double[] weights,
        int crops,
        CancellationToken stop)
    {
        var (now, fitted) = (new List<Predictions>(), new List<Predictions>());
        Canvases? canvases = null;
        foreach (var (model, temperature, _) in models)
        {
            var side = model.Geometry.Canvas;
            canvases = canvases?.Side == side ? canvases : Canvases.Load(source, source.Photographs, side, stop);
            var places = temperature is null ? [] : Enumerable.Range(0, canvases.Photographs.Count);
            var (byCrops, logits) = ModelMeasurement.Of(model, canvases, new int[canvases.Photographs.Count], [crops], places, stop);
            var usual = byCrops[crops];
            now.Add(usual);
            fitted.Add(temperature is { } t
                ? usual with { Probabilities = [.. logits.Select(views => ViewLogits.Probabilities(views, model.Labels.Count, t))] }
                : usual);
        }

        InputException.ThrowIf(
            now.Any(predictions => predictions.Count != now[0].Count),
            $"Some photographs can be read for one model only, in '{source.Name}'. Remove the unreadable ones.");
        var anyFitted = models.Any(model => model.Fitted is not null);
        return new OtherPhotographs(
            source.Name,
            now[0].Count,
            crops,
            [.. models.Select((model, i) => Report(model.Model.Name, now[i], model.Fitted is null ? null : fitted[i], model.Known))],
            models.Count == 1 ? null : Report(
                $"ensemble of {models.Count}",
                Predictions.Mean(now, weights),
                anyFitted ? Predictions.Mean(fitted, weights) : null,
                Predictions.Mean([.. models.Select(model => model.Known)], weights)));
    }

    private static ConfidenceReport Report(string name, Predictions now, Predictions? fitted, Predictions known)
    {
        var (others, ofClasses) = (Confidence.Tops(fitted ?? now), Confidence.Tops(known));
        var level = Quality.Of(known).ToConfidenceTable(source: "", crops: 0).Level();
        return new ConfidenceReport(
            name,
            Confidence.Of(now),
            fitted is null ? null : Confidence.Of(fitted),
            Auroc(ofClasses, others),
            level,
            level is null ? 0 : others.Count(top => top >= level));
    }

    /// <summary>How often a photograph of the classes gets a higher probability than one of other things; equal ones count half.</summary>
    private static double Auroc(float[] known, float[] others)
    {
        var ascending = others.Order().ToArray();
        return known.Average(top => (Below(top) + Below(MathF.BitIncrement(top))) / 2.0 / ascending.Length);

        int Below(float value)
        {
            var place = Array.BinarySearch(ascending, value);
            for (place = place < 0 ? ~place : place; place > 0 && ascending[place - 1] >= value; place--)
            {
            }

            return place;
        }
    }
}

/// <summary>Confidence of one model.</summary>
/// <param name="Now">With its present temperature.</param>
/// <param name="Fitted">With the fitted temperature; null if none was fitted.</param>
/// <param name="Auroc">
/// How well the probability of the first prediction separates photographs of the classes from these: 0.5 not at all, 1 perfectly.
/// </param>
/// <param name="Level">Probability from which 90 % of the answers for photographs of the classes are right, or null if none are.</param>
/// <param name="Passing">How many of these photographs reach that level.</param>
internal sealed record ConfidenceReport(string Model, Confidence Now, Confidence? Fitted, double Auroc, double? Level, int Passing);

/// <summary>The first prediction's probability over some photographs.</summary>
/// <param name="MeanTop">Its mean, 0 to 1.</param>
/// <param name="VerySure">Share of the photographs where it is at least <see cref="Threshold"/>.</param>
internal sealed record Confidence(double MeanTop, double VerySure)
{
    /// <summary>Probability from which a prediction counts as very sure.</summary>
    public const float Threshold = 0.9f;

    public static Confidence Of(Predictions predictions)
    {
        var tops = Tops(predictions);
        return new Confidence(tops.Average(top => (double)top), tops.Count(top => top >= Threshold) / (double)tops.Length);
    }

    public static float[] Tops(Predictions predictions) => [.. predictions.Probabilities.Select(answer => answer.Max())];
}
