using AlexNetService.Worker.Evaluate;

namespace AlexNetService.Worker.Export;

/// <summary>Weights → package, compared with torch and measured before it is published.</summary>
internal static class PackageExport
{
    private const uint GoldenSeed = 2012;

    /// <summary>Processors and runtime versions add in different orders; a graph with other weights differs by far more.</summary>
    private const double GoldenTolerance = 1e-3;

    /// <summary>Publishes a package, unless its graph differs from torch, or its trunk and rest from the whole graph.</summary>
    /// <param name="data">Data set or folder of photographs for the comparison, or null without one.</param>
    /// <param name="threads">Threads of ONNX Runtime, 0 for one a core.</param>
    public static ModelPackage Publish(
        ExportSource source, PackageRepository packages, string name, int version, string? data, int threads, CancellationToken stop)
    {
        var (network, architecture) = (source.Network, source.Network.Architecture);
        var realCrops = data is null ? [] : ParityCheck.RealCrops(data, architecture.Geometry);
        var plain = PackageGraphs.Build(architecture, network.Weights, network.Mean.MeanOfCrop(architecture.Geometry.Crop));
        var graphs = source.Evaluated?.Calibration is { } calibration ? plain.WithTemperature(calibration.Temperature) : plain;
        var filters = FilterPicture.Png(architecture, network.Weights);
        var card = graphs.Describe(Card(source, name, version)) with
        {
            Filters = filters is null ? null : new GraphFile(ModelPackage.DefaultFiltersFile, "", 0),
        };
        var files = graphs.Files with { Filters = filters is null ? null : PackageFiles.Bytes(filters) };
        return packages.Publish(card, files, package =>
        {
            stop.ThrowIfCancellationRequested();
            using var torch = new ColumnNetwork(architecture, ColumnPlacement.OnCpu(architecture.Columns));
            ColumnWeights.Load(torch, network.Weights);
            var options = new RuntimeOptions { Threads = threads };
            using var whole = ModelSession.Open(SplitCheck.Whole(package), options);
            ParityCheck.Require(torch, network.Mean, whole, realCrops);
            SplitCheck.Require(package, whole);
            var measured = package.Card with
            {
                Golden = GoldenAnswer(whole, GoldenTolerance),
                Metrics = source.Run is { ValidationImages: > 0 } run ? HeldOutErrors(run, package, options, data, stop) : [],
            };
            stop.ThrowIfCancellationRequested();
            return measured;
        });
    }

    public static int Printed(ModelPackage package)
    {
        Console.WriteLine($"published {package.Folder} ({package.Card.Files.Sum(file => file.Bytes):N0} bytes)");
        return ExitCode.Done;
    }

    /// <summary>A package's answer to the golden crop, for its card; null if the graph has no logits.</summary>
    public static GoldenCrop? GoldenAnswer(ModelSession session, double tolerance)
    {
        if (!session.HasLogits)
        {
            return null;
        }

        var (crop, logits) = (new byte[session.CropBytes], new float[session.Classes]);
        GoldenCrop.Pixels(GoldenSeed, crop);
        session.Run(crop, 1, new CropOutputs { Logits = logits });
        return GoldenCrop.Of(GoldenSeed, logits, tolerance);
    }

    private static ModelCard Card(ExportSource source, string name, int version) => new()
    {
        Name = name,
        Version = version,
        Architecture = source.Network.Architecture,
        Preprocessing = new Preprocessing
        {
            Canvas = source.Network.Architecture.Geometry.Canvas,
            Crop = source.Network.Architecture.Geometry.Crop,
        },
        Tensors = AlexNetGraph.Tensors,
        Labels = source.Network.Labels,
        Training = source.Network.Manifest,
        Calibration = source.Evaluated?.Calibration,
        Confidence = source.Evaluated?.Confidence,
        EnsembleWeight = source.Evaluated?.EnsembleWeight,
        ImportedFrom = source.Network.Origin,
        Graph = new GraphFile(ModelPackage.DefaultGraphFile, "", 0),
    };

    /// <summary>Errors of the package as it is served, on the photographs that the run held out, with one crop and with ten.</summary>
    private static IReadOnlyList<ErrorMetric> HeldOutErrors(
        TrainingState run, ModelPackage package, RuntimeOptions options, string? data, CancellationToken stop)
    {
        var (path, hash) = run.HeldOut is { } other ? (other.Path, other.Sha256) : (data, run.DataSetSha256);
        if (path is null)
        {
            return [];
        }

        if (run.HeldOut is not null && !Path.Exists(path))
        {
            TrainingDisplay.Warn($"the held-out data set is no longer at '{path}', so the card gets no errors.");
            return [];
        }

        using var photographs = DataSetOpener.Open(path, labelled: false);
        if (photographs.Sha256 != hash)
        {
            TrainingDisplay.Warn($"'{path}' is not the run's data set. Its held-out photographs are unknown, so the card gets no errors.");
            return [];
        }

        var share = run.Recipe.Share with { HeldOutPerClass = null };
        var judged = run.HeldOut is null ? photographs.Split(share).HeldOut : photographs.Photographs;
        var heldOut = Canvases.Load(photographs, judged, run.Architecture.Geometry.Canvas, stop);
        using var served = EvaluatedPackage.Open(package, options);
        var errors = ErrorMeasure.Of(served, photographs, heldOut, CropViews.Counts, stop);
        foreach (var error in errors)
        {
            Console.WriteLine(
                $"held out, {error.Images} photographs, {error.Crops} crop{(error.Crops == 1 ? "" : "s")}: "
                + ErrorRates.Text(error.Top1Error, error.Top5Error, run.Labels.Count));
        }

        return [.. errors.Select(error => error.ToMetric(photographs.Name, "validation"))];
    }
}
