namespace AlexNetService.Worker.Export;

/// <summary>A package and the results of its evaluation → a new version of the package.</summary>
internal static class PackageRevision
{
    public static ModelPackage Publish(ModelPackage old, EvaluatedCard evaluated, PackageRepository packages, string name, int version)
    {
        var card = old.Card with
        {
            Name = name,
            Version = version,
            Calibration = evaluated.Calibration ?? old.Card.Calibration,
            Confidence = evaluated.Confidence ?? old.Card.Confidence,
            EnsembleWeight = evaluated.EnsembleWeight ?? old.Card.EnsembleWeight,
            Metrics = evaluated.Calibration is null ? old.Card.Metrics : Metrics(old.Card, evaluated),
        };
        return packages.Publish(card, Files(old, evaluated.Calibration), package =>
        {
            // Opening compares the graph's probabilities with its logits and the card's temperature.
            using var session = ModelSession.Open(SplitCheck.Whole(package), new RuntimeOptions());
            SplitCheck.Require(package, session);
            return package.Card;
        });
    }

    /// <summary>A temperature moves the mean over ten crops, never the order of the classes in one crop.</summary>
    private static IReadOnlyList<ErrorMetric> Metrics(ModelCard card, EvaluatedCard evaluated)
    {
        var ofOneCrop = card.Metrics.Where(metric => metric.Crops == 1);
        return evaluated.Measured is { Crops: > 1 } measured ? [.. ofOneCrop, measured] : [.. ofOneCrop];
    }

    // The logits do not change, and neither does the answer to the golden crop.
    private static PackageFiles Files(ModelPackage old, Calibration? calibration) => new(Graph(old, old.Card.Graph, calibration))
    {
        Weights = old.Card.Weights is { } weights ? PackageFiles.CopyOf(old.PathOf(weights)) : null,
        Trunk = old.Card.Split is { Trunk: var trunk } ? PackageFiles.CopyOf(old.PathOf(trunk)) : null,
        Rest = old.Card.Split is { Rest: var rest } ? Graph(old, rest, calibration) : null,
        Filters = old.Card.Filters is { } filters ? PackageFiles.CopyOf(old.PathOf(filters)) : null,
    };

    private static Action<Stream> Graph(ModelPackage package, GraphFile graph, Calibration? calibration)
    {
        var (path, tensors) = (package.PathOf(graph), package.Card.Tensors);

        // Without a tensor of probabilities the service computes them from the logits with the card's temperature.
        if (calibration is null || tensors.Probabilities is null)
        {
            return PackageFiles.CopyOf(path);
        }

        try
        {
            return PackageFiles.Bytes(GraphTemperature.Set(File.ReadAllBytes(path), tensors, calibration.Temperature));
        }
        catch (ArgumentException e)
        {
            throw new InputException($"'{package.Folder}' cannot take a temperature: {e.Message} Measure with --temperature keep.");
        }
    }
}
