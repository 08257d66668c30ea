using AlexNetService.Imaging;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Onnx;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Measuring;
using AlexNetService.Training.Network;
using AlexNetService.Training.Runs;
using AlexNetService.Worker.Evaluate;

namespace AlexNetService.Worker.Export;

/// <summary>Weights → package, compared with torch and measured before it is published.</summary>
internal static class PackageExport
{
    /// <summary>Publishes a package.</summary>
    /// <param name="source">The weights and what is known about them.</param>
    /// <param name="packages">Where the package goes.</param>
    /// <param name="name">Name of the model.</param>
    /// <param name="version">Version of the model.</param>
    /// <param name="data">Data set or folder of photographs, or null without one.</param>
    /// <param name="threads">Threads of ONNX Runtime, 0 for one a core.</param>
    /// <param name="stop">Stops before anything is published.</param>
    /// <exception cref="InputException">
    /// The graph differs from torch, or trunk and rest from the whole graph, or the photographs do not exist.
    /// </exception>
    public static ModelPackage Publish(
        ExportSource source, PackageRepository packages, string name, int version, string? data, int threads, CancellationToken stop)
    {
        var realCrops = data is null ? [] : ParityCheck.RealCrops(data, source.Architecture.Geometry);
        var plain = PackageGraphs.Build(
            source.Architecture, source.Weights, source.Colours.MeanOfCrop(source.Architecture.Geometry.Crop));
        var graphs = source.Evaluated?.Calibration is { } calibration ? plain.WithTemperature(calibration.Temperature) : plain;
        var filters = FilterPicture.Png(source.Architecture, source.Weights);
        var card = graphs.Describe(Card(source, name, version)) with
        {
            Filters = filters is null ? null : new GraphFile(ModelPackage.DefaultFiltersFile, "", 0),
        };
        var files = graphs.Files with { Filters = filters is null ? null : PackageFiles.Bytes(filters) };
        return packages.Publish(card, files, package =>
        {
            stop.ThrowIfCancellationRequested();
            using var network = new ColumnNetwork(source.Architecture, ColumnPlacement.OnCpu(source.Architecture.Columns));
            ColumnWeights.Load(network, source.Weights);
            var options = new RuntimeOptions { Threads = threads };
            using var whole = ModelSession.Open(SplitCheck.Whole(package), options);
            ParityCheck.Require(network, source.Colours, whole, realCrops);
            SplitCheck.Require(package, whole);
            var measured = package.Card with { Golden = GoldenAnswer.Of(whole), Metrics = Measure(source, package, options, data, stop) };
            stop.ThrowIfCancellationRequested();
            return measured;
        });
    }

    /// <summary>Prints where a package was published.</summary>
    /// <returns>The exit code.</returns>
    public static int Printed(ModelPackage package)
    {
        Console.WriteLine($"published {package.Folder} ({package.Card.Files.Sum(file => file.Bytes):N0} bytes)");
        return ExitCode.Done;
    }

    private static ModelCard Card(ExportSource source, string name, int version) => new()
    {
        Name = name,
        Version = version,
        Architecture = source.Architecture,
        Preprocessing = new Preprocessing { Canvas = source.Architecture.Geometry.Canvas, Crop = source.Architecture.Geometry.Crop },
        Tensors = AlexNetGraph.Tensors,
        Labels = source.Labels,
        Training = source.Manifest,
        Calibration = source.Evaluated?.Calibration,
        Confidence = source.Evaluated?.Confidence,
        EnsembleWeight = source.Evaluated?.EnsembleWeight,
        ImportedFrom = source.Origin,
        Graph = new GraphFile(ModelPackage.DefaultGraphFile, "", 0),
    };

    /// <summary>Errors of the package as it is served, on the photographs that the run held out, with one crop and with ten.</summary>
    private static IReadOnlyList<ErrorMetric> Measure(
        ExportSource source, ModelPackage package, RuntimeOptions options, string? data, CancellationToken stop)
    {
        var (path, hash) = source.HeldOut is { } other ? (other.Path, other.Sha256) : (data, source.DataSetSha256);
        if (source.Manifest is not { ValidationImages: > 0 } || path is null)
        {
            return [];
        }

        if (source.HeldOut is not null && !Path.Exists(path))
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

        var judged = source.HeldOut is null ? photographs.Split(source.Share).HeldOut : photographs.Photographs;
        var heldOut = Canvases.Load(photographs, judged, source.Architecture.Geometry.Canvas, stop);
        var classes = ClassMatch.Of(photographs, source.Labels, source.Architecture.Preset);
        int[] truth = [.. heldOut.Photographs.Select(photograph => classes[photograph.Label])];
        using var served = EvaluatedPackage.Open(package, options);
        var measured = ModelMeasurement.Of(served, heldOut, truth, CropViews.Counts, keep: [], stop);
        return
        [
            .. CropViews.Counts.Select(crops =>
                Metric(photographs.Name, ErrorMeasure.Of(crops, measured.ByCrops[crops]), source.Labels.Count)),
        ];
    }

    private static ErrorMetric Metric(string dataSet, ErrorMeasure error, int classes)
    {
        Console.WriteLine(
            $"held out, {error.Images} photographs, {error.Crops} crop{(error.Crops == 1 ? "" : "s")}: "
            + ErrorRates.Text(error.Top1Error, error.Top5Error, classes));
        return new ErrorMetric(dataSet, "validation", error.Images, error.Crops, error.Top1Error, error.Top5Error);
    }
}
