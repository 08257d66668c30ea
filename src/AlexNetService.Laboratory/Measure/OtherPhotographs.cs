using AlexNetService.Training.Data;
using AlexNetService.Training.Measuring;

namespace AlexNetService.Laboratory.Measure;

/// <summary>Confidence of models on photographs that show none of their classes; less is better.</summary>
/// <param name="DataSet">Name of the data set.</param>
/// <param name="Photographs">Photographs that were measured.</param>
/// <param name="Crops">Views averaged for each.</param>
/// <param name="Models">The models, in the order of the report.</param>
/// <param name="Ensemble">Their ensemble, or null if there is only one model.</param>
internal sealed record OtherPhotographs(
    string DataSet, int Photographs, int Crops, IReadOnlyList<ConfidenceReport> Models, ConfidenceReport? Ensemble)
{
    /// <summary>Runs every model once over all photographs.</summary>
    /// <param name="source">The photographs; their labels do not matter.</param>
    /// <param name="models">The models, each with its fitted temperature or null.</param>
    /// <param name="weights">Shares in the ensemble.</param>
    /// <param name="crops">Views averaged for each photograph.</param>
    /// <param name="stop">Stops the measurement.</param>
    public static OtherPhotographs Of(
        LabelledPhotographs source,
        IReadOnlyList<(EvaluatedModel Model, double? Fitted)> models,
        double[] weights,
        int crops,
        CancellationToken stop)
    {
        var (now, fitted) = (new List<Predictions>(), new List<Predictions>());
        Canvases? canvases = null;
        foreach (var (model, temperature) in models)
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

        if (now.Any(predictions => predictions.Count != now[0].Count))
        {
            throw new InputException($"Some photographs can be read for one model only, in '{source.Name}'. Remove the unreadable ones.");
        }

        var anyFitted = models.Any(model => model.Fitted is not null);
        return new OtherPhotographs(
            source.Name,
            now[0].Count,
            crops,
            [.. models.Select((pair, i) => Report(pair.Model.Name, now[i], pair.Fitted is null ? null : fitted[i]))],
            models.Count == 1 ? null : Report(
                $"ensemble of {models.Count}", Predictions.Mean(now, weights), anyFitted ? Predictions.Mean(fitted, weights) : null));
    }

    private static ConfidenceReport Report(string name, Predictions now, Predictions? fitted) =>
        new(name, Confidence.Of(now), fitted is null ? null : Confidence.Of(fitted));
}

/// <summary>Confidence of one model.</summary>
/// <param name="Model">The model or ensemble.</param>
/// <param name="Now">With its present temperature.</param>
/// <param name="Fitted">With the fitted temperature; null if none was fitted.</param>
internal sealed record ConfidenceReport(string Model, Confidence Now, Confidence? Fitted);

/// <summary>The first prediction's probability over some photographs.</summary>
/// <param name="MeanTop">Its mean, 0 to 1.</param>
/// <param name="VerySure">Share of the photographs where it is at least <see cref="Threshold"/>.</param>
internal sealed record Confidence(double MeanTop, double VerySure)
{
    /// <summary>Probability from which a prediction counts as very sure.</summary>
    public const float Threshold = 0.9f;

    /// <summary>Counts predictions.</summary>
    public static Confidence Of(Predictions predictions)
    {
        var tops = predictions.Probabilities.Select(answer => answer.Max()).ToArray();
        return new Confidence(tops.Average(top => (double)top), tops.Count(top => top >= Threshold) / (double)tops.Length);
    }
}
