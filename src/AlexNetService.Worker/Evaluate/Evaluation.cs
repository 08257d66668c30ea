namespace AlexNetService.Worker.Evaluate;

internal sealed class Evaluation
{
    private const int ConfidentErrors = 20;

    /// <summary>The data set; it must outlive this.</summary>
    public required LabelledPhotographs Source { get; init; }

    public required IReadOnlyList<Photograph> Photographs { get; init; }

    /// <summary>The held-out share that they are, or null for all.</summary>
    public double? ValidationFraction { get; init; }

    public required IReadOnlyList<int> Crops { get; init; }

    public bool FitTemperatures { get; init; } = true;

    public WeightChoice Weights { get; init; } = WeightChoice.Cards;

    /// <summary>Photographs that show none of the classes, or null; they must outlive this.</summary>
    public LabelledPhotographs? Others { get; init; }

    /// <summary>The processes that share the photographs; by default this one alone.</summary>
    public Ranks Ranks { get; init; } = new();

    private int MostCrops => Crops.Max();

    /// <summary>Runs each model once over the photographs, and counts everything from that.</summary>
    public EvaluationReport Of(IReadOnlyList<EvaluatedModel> models, CancellationToken stop)
    {
        RequireSameLabels(models);
        Ranks.RequireSame(
            ("data set", Source.Sha256),
            ("number of photographs", $"{Photographs.Count}"),
            ("list of models", string.Join(' ', models.Select(model => model.Sha256))),
            ("choice of crops and temperature", $"{string.Join(',', Crops)} {FitTemperatures} {Weights.Search}"));
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
        InputException.ThrowIf(
            split is null || members.Any(member => !Read(member).SequenceEqual(Read(members[0]))),
            $"Some photographs can be read for one model only, in '{Source.Name}'. Remove the unreadable ones.");
        return Report(models, members, split, stop);
    }

    private CalibrationSplit Divided(int photographs, int logits) => photographs >= 2 && (FitTemperatures || Weights.Search)
        ? CalibrationSplit.Of(photographs, logits)
        : new CalibrationSplit([], [.. Enumerable.Range(0, photographs)]);

    private Member Measured(EvaluatedModel model, Canvases canvases, int[] truth, CalibrationSplit split, CancellationToken stop)
    {
        int[] kept = FitTemperatures && split.Fitted.Length > 0 ? [.. split.Fitted.Concat(split.Measured).Order()] : [];
        var (now, logits) = ModelMeasurement.Of(model, canvases, truth, Crops, kept, stop, Ranks);
        var (usual, views, classes) = (now[MostCrops], kept.Zip(logits).ToDictionary(), model.Labels.Count);
        var temperature = kept.Length == 0 ? null : TemperatureFit.Of(
            [.. split.Fitted.Select(place => views[place])], [.. split.Fitted.Select(place => truth[place])], classes);
        if (kept.Length > 0 && temperature is null)
        {
            TrainingDisplay.Warn(
                $"{split.Fitted.Length} photographs determine no temperature between 1/{TemperatureFit.Limit} and {TemperatureFit.Limit} "
                + $"for {model.Name}; it keeps {model.Temperature}.");
        }

        return new Member(model.Name, model.Sha256, temperature, temperature is not null, now, Of(split.Fitted), Of(split.Measured));

        Predictions Of(int[] places) => temperature is not { } fitted ? usual.Of(places) : usual.Of(places) with
        {
            Probabilities = [.. places.Select(place => ViewLogits.Probabilities(views[place], classes, fitted))],
        };
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
            Models = [.. members.Select(member => Found(member, split))],
            Ensemble = members.Count == 1 ? null : Found(Together(members, weights), split),
            Weights = Weights == WeightChoice.Cards ? null : Weighed(members, split),
            Others = Others is null ? null : OtherPhotographs.Of(
                Others,
                [.. models.Zip(members, (model, member) => (model, member.Temperature, member.Measured))],
                weights,
                MostCrops,
                stop),
        };
    }

    private Member Together(IReadOnlyList<Member> members, double[] weights) => new(
        Weights.Given is null ? $"ensemble of {members.Count}" : $"ensemble, weights {EvaluationTables.Shares(weights)}",
        Sha256: null,
        Temperature: null,
        members.Any(member => member.IsTempered),
        Crops.ToDictionary(crops => crops, crops => Predictions.Mean([.. members.Select(member => member.Now[crops])], weights)),
        Predictions.Mean([.. members.Select(member => member.Fitted)], weights),
        Predictions.Mean([.. members.Select(member => member.Measured)], weights));

    private ModelReport Found(Member member, CalibrationSplit split)
    {
        var usual = member.Now[MostCrops];
        var (before, after) = (Quality.Of(usual.Of(split.Measured)), member.IsTempered ? Quality.Of(member.Measured) : null);
        return new ModelReport(
            member.Name,
            [.. Crops.Select(crops => ErrorMeasure.Of(crops, member.Now[crops]))],
            new CalibrationReport(MostCrops, before, member.Temperature, after),
            ClassErrors.Of(usual),
            usual.Confusion(),
            ConfidentError.Of(usual, ConfidentErrors),
            member.Sha256);
    }

    private WeightReport Weighed(IReadOnlyList<Member> members, CalibrationSplit split)
    {
        InputException.ThrowIf(
            Weights.Search && split.Fitted.Length == 0,
            $"Weights cannot be searched on {split.Measured.Length} photographs. Measure on more.");
        var weights = Weights.Given ?? EnsembleWeights.Search([.. members.Select(member => member.Fitted)]);
        Quality With(double[] shares) => Quality.Of(Predictions.Mean([.. members.Select(member => member.Measured)], shares));
        return new WeightReport(
            Weights.Search, weights, members.Any(member => member.IsTempered), With(EnsembleWeights.Equal(members.Count)), With(weights));
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

    /// <summary>A measured model or ensemble.</summary>
    /// <param name="Temperature">Its fitted temperature, or null.</param>
    /// <param name="IsTempered">Whether it, or one of its members, has a fitted temperature.</param>
    /// <param name="Now">Its predictions for all photographs with its present temperature, by number of crops.</param>
    /// <param name="Fitted">Its predictions with the fitted temperature for the photographs that it was fitted on.</param>
    /// <param name="Measured">The same for the others.</param>
    private sealed record Member(
        string Name,
        string? Sha256,
        double? Temperature,
        bool IsTempered,
        IReadOnlyDictionary<int, Predictions> Now,
        Predictions Fitted,
        Predictions Measured);
}
