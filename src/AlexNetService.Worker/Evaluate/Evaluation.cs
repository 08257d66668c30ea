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

    /// <summary>The data set; must outlive this.</summary>
    public required LabelledPhotographs Source { get; init; }

    /// <summary>The photographs of it that are measured.</summary>
    public required IReadOnlyList<Photograph> Photographs { get; init; }

    /// <summary>The share that chose them, or null for all.</summary>
    public double? ValidationFraction { get; init; }

    /// <summary>Numbers of crops: 1, 10 or both.</summary>
    public required IReadOnlyList<int> Crops { get; init; }

    /// <summary>Whether a temperature is fitted to each model.</summary>
    public bool FitTemperatures { get; init; } = true;

    /// <summary>Weights of the ensemble.</summary>
    public WeightChoice Weights { get; init; } = WeightChoice.Cards;

    /// <summary>Photographs that show none of the classes, or null; must outlive this.</summary>
    public LabelledPhotographs? Others { get; init; }

    private int MostCrops => Crops.Max();

    /// <summary>One pass over the photographs a model, then everything that is counted from it.</summary>
    /// <param name="models">One model or more.</param>
    /// <param name="stop">Stops the measurement.</param>
    /// <exception cref="InputException">
    /// The models have different labels, do not know the data set's classes, or answer with something that is no number.
    /// </exception>
    public EvaluationReport Of(IReadOnlyList<EvaluatedModel> models, CancellationToken stop)
    {
        RequireSameLabels(models);
        var classes = ClassMatch.Of(Source.Labels, models[0].Labels, models[0].Name);
        CalibrationSplit? halves = null;
        Canvases? canvases = null;
        var members = new List<Member>();
        foreach (var model in models)
        {
            canvases = canvases?.Side == model.Geometry.Canvas ? canvases : Canvases.Load(Source, Photographs, model.Geometry.Canvas, stop);
            halves ??= Divided(canvases.Photographs.Count, MostCrops * model.Labels.Count);
            int[] truth = [.. canvases.Photographs.Select(photograph => classes[photograph.Label])];
            members.Add(Measured(model, canvases, truth, halves, stop));
        }

        // A photograph may be readable at one canvas side and not at another.
        IReadOnlyList<Photograph> Read(Member member) => member.Now[MostCrops].Photographs;
        if (halves is null || members.Any(member => !Read(member).SequenceEqual(Read(members[0]))))
        {
            throw new InputException($"The models cannot read the same photographs of '{Source.Name}'. Remove the unreadable ones.");
        }

        return Report(models, members, halves, stop);
    }

    private CalibrationSplit Divided(int photographs, int logits) => photographs >= 2 && (FitTemperatures || Weights.Search)
        ? CalibrationSplit.Of(photographs, logits)
        : new CalibrationSplit([], [.. Enumerable.Range(0, photographs)]);

    private Member Measured(EvaluatedModel model, Canvases canvases, int[] truth, CalibrationSplit halves, CancellationToken stop)
    {
        int[] kept = FitTemperatures && halves.Fitted.Length > 0 ? [.. halves.Fitted.Concat(halves.Measured).Order()] : [];
        var (now, logits) = ModelMeasurement.Of(model, canvases, truth, Crops, kept, stop);
        var fitted = kept.Length == 0 ? null : Fit(model, kept, logits, truth, halves);
        var usual = now[MostCrops];
        if (fitted is not { } temperature)
        {
            return new Member(model, now, null, usual.Of(halves.Fitted), usual.Of(halves.Measured));
        }

        var byPlace = kept.Zip(logits, (place, views) => (place, Answer: ViewLogits.Probabilities(views, model.Labels.Count, temperature)))
            .ToDictionary(pair => pair.place, pair => pair.Answer);
        Predictions Tempered(int[] places) => usual.Of(places) with { Probabilities = [.. places.Select(place => byPlace[place])] };
        return new Member(model, now, temperature, Tempered(halves.Fitted), Tempered(halves.Measured));
    }

    private static double? Fit(EvaluatedModel model, int[] kept, IReadOnlyList<float[]> logits, int[] truth, CalibrationSplit halves)
    {
        var place = kept.Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        var temperature = TemperatureFit.Of(
            [.. halves.Fitted.Select(photograph => logits[place[photograph]])],
            [.. halves.Fitted.Select(photograph => truth[photograph])],
            model.Labels.Count);
        if (temperature is null)
        {
            TrainingDisplay.Warn(string.Create(
                CultureInfo.InvariantCulture,
                $"no temperature between 1/{TemperatureFit.Limit} and {TemperatureFit.Limit} is best for {model.Name} ")
                + string.Create(CultureInfo.InvariantCulture, $"on {halves.Fitted.Length} photographs; it keeps {model.Temperature}."));
        }

        return temperature;
    }

    private EvaluationReport Report(IReadOnlyList<EvaluatedModel> models, IReadOnlyList<Member> members, CalibrationSplit halves, CancellationToken stop)
    {
        var weights = Weights.Given ?? [.. models.Select(model => model.Weight / models.Sum(other => other.Weight))];
        return new EvaluationReport
        {
            DataSet = Source.Name,
            DataSetSha256 = Source.Sha256,
            ValidationFraction = ValidationFraction,
            Photographs = members[0].Now[MostCrops].Count,
            FittedOn = halves.Fitted.Length,
            MeasuredOn = halves.Measured.Length,
            Classes = [.. models[0].Labels.Select(label => label.Id)],
            Models =
            [
                .. members.Select(member => Found(
                    member.Model.Name, member.Model.Sha256, member.Now, halves, member.Temperature, member.Measured)),
            ],
            Ensemble = members.Count == 1 ? null : Together(members, weights, halves),
            Weights = Weights == WeightChoice.Cards ? null : Weighed(members, halves),
            Others = Others is null ? null
                : OtherPhotographs.Of(Others, [.. members.Select(member => (member.Model, member.Temperature))], weights, MostCrops, stop),
        };
    }

    private ModelReport Together(IReadOnlyList<Member> members, double[] weights, CalibrationSplit halves)
    {
        var now = Crops.ToDictionary(crops => crops, crops => Predictions.Mean([.. members.Select(member => member.Now[crops])], weights));
        var tempered = Predictions.Mean([.. members.Select(member => member.Measured)], weights);
        var name = Weights.Given is null ? $"ensemble of {members.Count}" : $"ensemble, weights {EvaluationTables.Shares(weights)}";
        var report = Found(name, sha256: null, now, halves, temperature: null, tempered);
        return members.Any(member => member.Temperature is not null)
            ? report with { Calibration = report.Calibration with { After = Quality.Of(tempered) } }
            : report;
    }

    private ModelReport Found(
        string name, string? sha256, IReadOnlyDictionary<int, Predictions> now, CalibrationSplit halves, double? temperature, Predictions tempered)
    {
        var usual = now[MostCrops];
        return new ModelReport(
            name,
            [.. Crops.Select(crops => ErrorMeasure.Of(crops, now[crops]))],
            new CalibrationReport(
                MostCrops, Quality.Of(usual.Of(halves.Measured)), temperature, temperature is null ? null : Quality.Of(tempered)),
            ClassErrors.Of(usual),
            usual.Confusion(),
            ConfidentError.Of(usual, ConfidentErrors),
            sha256);
    }

    private WeightReport Weighed(IReadOnlyList<Member> members, CalibrationSplit halves)
    {
        if (Weights.Search && halves.Fitted.Length == 0)
        {
            throw new InputException($"Weights cannot be searched on {halves.Measured.Length} photographs. Measure more.");
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
                + "have different labels and cannot answer together. Measure them one at a time.");
        }
    }

    /// <summary>A model after its pass.</summary>
    /// <param name="Model">The model.</param>
    /// <param name="Now">Its predictions of all photographs as it is, for each number of crops.</param>
    /// <param name="Temperature">The fitted temperature, or null.</param>
    /// <param name="Fitted">Its predictions, with that temperature, of the photographs that are fitted on.</param>
    /// <param name="Measured">The same of the others.</param>
    private sealed record Member(
        EvaluatedModel Model, IReadOnlyDictionary<int, Predictions> Now, double? Temperature, Predictions Fitted, Predictions Measured);
}
