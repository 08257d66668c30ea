using System.Globalization;
using AlexNetService.Laboratory.Measure;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Data;
using AlexNetService.Training.Measuring;
using AlexNetService.Training.Runs;

namespace AlexNetService.Worker.Evaluate;

/// <summary>Measures models and their ensemble on labelled photographs.</summary>
internal sealed class Evaluation
{
    private const int ConfidentErrors = 20;

    /// <summary>The data set; it must outlive this.</summary>
    public required LabelledPhotographs Source { get; init; }

    /// <summary>The photographs to measure on.</summary>
    public required IReadOnlyList<Photograph> Photographs { get; init; }

    /// <summary>The held-out share that they are, or null for all.</summary>
    public double? ValidationFraction { get; init; }

    /// <summary>Numbers of crops: 1, 10 or both.</summary>
    public required IReadOnlyList<int> Crops { get; init; }

    /// <summary>Whether a temperature is fitted to each model.</summary>
    public bool FitTemperatures { get; init; } = true;

    /// <summary>Weights of the ensemble.</summary>
    public WeightChoice Weights { get; init; } = WeightChoice.Cards;

    /// <summary>Photographs that show none of the classes, or null; they must outlive this.</summary>
    public LabelledPhotographs? Others { get; init; }

    private int MostCrops => Crops.Max();

    /// <summary>Runs each model once over the photographs, and counts everything from that.</summary>
    /// <param name="models">One model or more.</param>
    /// <param name="stop">Stops the measurement.</param>
    /// <exception cref="InputException">
    /// The models have different labels, do not know the data set's classes, or their output is not a number.
    /// </exception>
    public EvaluationReport Of(IReadOnlyList<EvaluatedModel> models, CancellationToken stop)
    {
        RequireSameLabels(models);
        var classes = ClassMatch.Of(Source, models[0].Labels, models[0].Name);
        CalibrationSplit? split = null;
        Canvases? canvases = null;
        var members = new List<Member>();
        foreach (var model in models)
        {
            var side = model.Geometry.Canvas;
            canvases = canvases?.Side == side ? canvases : Canvases.Load(Source, Photographs, side, stop);
            split ??= Divided(canvases.Photographs.Count, MostCrops * model.Labels.Count);
            int[] truth = [.. canvases.Photographs.Select(photograph => classes[photograph.Label])];
            members.Add(Measured(model, canvases, truth, split, stop));
        }

        // A photograph may be readable at one canvas side and not at another.
        IReadOnlyList<Photograph> Read(Member member) => member.Now[MostCrops].Photographs;
        if (split is null || members.Any(member => !Read(member).SequenceEqual(Read(members[0]))))
        {
            throw new InputException($"Some photographs can be read for one model only, in '{Source.Name}'. Remove the unreadable ones.");
        }

        return Report(models, members, split, stop);
    }

    private CalibrationSplit Divided(int photographs, int logits) => photographs >= 2 && (FitTemperatures || Weights.Search)
        ? CalibrationSplit.Of(photographs, logits)
        : new CalibrationSplit([], [.. Enumerable.Range(0, photographs)]);

    private Member Measured(EvaluatedModel model, Canvases canvases, int[] truth, CalibrationSplit split, CancellationToken stop)
    {
        int[] kept = FitTemperatures && split.Fitted.Length > 0 ? [.. split.Fitted.Concat(split.Measured).Order()] : [];
        var (now, logits) = ModelMeasurement.Of(model, canvases, truth, Crops, kept, stop);
        var fitted = kept.Length == 0 ? null : Fit(model, kept, logits, truth, split);
        var usual = now[MostCrops];
        if (fitted is not { } temperature)
        {
            return new Member(model, now, null, usual.Of(split.Fitted), usual.Of(split.Measured));
        }

        var byPlace = kept.Zip(logits, (place, views) => (place, Answer: ViewLogits.Probabilities(views, model.Labels.Count, temperature)))
            .ToDictionary(pair => pair.place, pair => pair.Answer);
        Predictions Tempered(int[] places) => usual.Of(places) with { Probabilities = [.. places.Select(place => byPlace[place])] };
        return new Member(model, now, temperature, Tempered(split.Fitted), Tempered(split.Measured));
    }

    private static double? Fit(EvaluatedModel model, int[] kept, IReadOnlyList<float[]> logits, int[] truth, CalibrationSplit split)
    {
        var place = kept.Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        var temperature = TemperatureFit.Of(
            [.. split.Fitted.Select(photograph => logits[place[photograph]])],
            [.. split.Fitted.Select(photograph => truth[photograph])],
            model.Labels.Count);
        if (temperature is null)
        {
            TrainingDisplay.Warn(string.Create(
                CultureInfo.InvariantCulture,
                $"{split.Fitted.Length} photographs determine no temperature between 1/{TemperatureFit.Limit} and {TemperatureFit.Limit} ")
                + string.Create(CultureInfo.InvariantCulture, $"for {model.Name}; it keeps {model.Temperature}."));
        }

        return temperature;
    }

    private EvaluationReport Report(
        IReadOnlyList<EvaluatedModel> models, IReadOnlyList<Member> members, CalibrationSplit split, CancellationToken stop)
    {
        var weights = Weights.Given ?? [.. models.Select(model => model.Weight / models.Sum(other => other.Weight))];
        return new EvaluationReport
        {
            DataSet = Source.Name,
            DataSetSha256 = Source.Sha256,
            ValidationFraction = ValidationFraction,
            Photographs = members[0].Now[MostCrops].Count,
            FittedOn = split.Fitted.Length,
            MeasuredOn = split.Measured.Length,
            Classes = [.. models[0].Labels.Select(label => label.Id)],
            Models =
            [
                .. members.Select(member => Found(
                    member.Model.Name, member.Model.Sha256, member.Now, split, member.Temperature, member.Measured)),
            ],
            Ensemble = members.Count == 1 ? null : Together(members, weights, split),
            Weights = Weights == WeightChoice.Cards ? null : Weighed(members, split),
            Others = Others is null ? null
                : OtherPhotographs.Of(
                    Others, [.. members.Select(member => (member.Model, member.Temperature, member.Measured))], weights, MostCrops, stop),
        };
    }

    private ModelReport Together(IReadOnlyList<Member> members, double[] weights, CalibrationSplit split)
    {
        var now = Crops.ToDictionary(crops => crops, crops => Predictions.Mean([.. members.Select(member => member.Now[crops])], weights));
        var tempered = Predictions.Mean([.. members.Select(member => member.Measured)], weights);
        var name = Weights.Given is null ? $"ensemble of {members.Count}" : $"ensemble, weights {EvaluationTables.Shares(weights)}";
        var report = Found(name, sha256: null, now, split, temperature: null, tempered);
        return members.Any(member => member.Temperature is not null)
            ? report with { Calibration = report.Calibration with { After = Quality.Of(tempered) } }
            : report;
    }

    private ModelReport Found(
        string name,
        string? sha256,
        IReadOnlyDictionary<int, Predictions> now,
        CalibrationSplit split,
        double? temperature,
        Predictions tempered)
    {
        var usual = now[MostCrops];
        return new ModelReport(
            name,
            [.. Crops.Select(crops => ErrorMeasure.Of(crops, now[crops]))],
            new CalibrationReport(
                MostCrops, Quality.Of(usual.Of(split.Measured)), temperature, temperature is null ? null : Quality.Of(tempered)),
            ClassErrors.Of(usual),
            usual.Confusion(),
            ConfidentError.Of(usual, ConfidentErrors),
            sha256);
    }

    private WeightReport Weighed(IReadOnlyList<Member> members, CalibrationSplit split)
    {
        if (Weights.Search && split.Fitted.Length == 0)
        {
            throw new InputException($"Weights cannot be searched on {split.Measured.Length} photographs. Measure on more.");
        }

        var weights = Weights.Given ?? EnsembleWeights.Search([.. members.Select(member => member.Fitted)]);
        Predictions[] measured = [.. members.Select(member => member.Measured)];
        return new WeightReport(
            Weights.Search,
            weights,
            members.Any(member => member.Temperature is not null),
            Quality.Of(Predictions.Mean(measured, EnsembleWeights.Equal(members.Count))),
            Quality.Of(Predictions.Mean(measured, weights)));
    }

    private static void RequireSameLabels(IReadOnlyList<EvaluatedModel> models)
    {
        if (models.FirstOrDefault(model => !ClassLabel.AreSame(model.Labels, models[0].Labels)) is { } stranger)
        {
            throw new InputException(
                $"{models[0].Name} ({models[0].Labels.Count} classes) and {stranger.Name} ({stranger.Labels.Count} classes) "
                + "have different labels and cannot be an ensemble. Measure them one at a time.");
        }
    }

    /// <summary>A measured model.</summary>
    /// <param name="Model">The model.</param>
    /// <param name="Now">Its predictions for all photographs with its present temperature, by number of crops.</param>
    /// <param name="Temperature">The fitted temperature, or null.</param>
    /// <param name="Fitted">Its predictions with that temperature for the photographs that it was fitted on.</param>
    /// <param name="Measured">The same for the others.</param>
    private sealed record Member(
        EvaluatedModel Model, IReadOnlyDictionary<int, Predictions> Now, double? Temperature, Predictions Fitted, Predictions Measured);
}
