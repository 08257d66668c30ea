using AlexNetService.Imaging;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Onnx;
using AlexNetService.Training.Data;
using AlexNetService.Training.Measuring;
using AlexNetService.Training.Network;
using AlexNetService.Training.Runs;
using AlexNetService.Worker.Evaluate;

namespace AlexNetService.Worker.Export;

/// <summary>Weights → package, checked against torch and measured before it is published.</summary>
internal static class PackageExport
{
    /// <param name="source">What is exported.</param>
    /// <param name="packages">Where it goes.</param>
    /// <param name="name">Name of the model.</param>
    /// <param name="version">Version of the model.</param>
    /// <param name="data">Data set or folder of photographs, or null where there is none.</param>
    /// <param name="threads">Threads of ONNX Runtime, 0 for one a core.</param>
    /// <param name="stop">Stops before anything is published.</param>
    /// <exception cref="InputException">The graph and torch disagree, or the graph and its two halves, or the photographs are not there.</exception>
    public static ModelPackage Publish(
        ExportSource source, PackageRepository packages, string name, int version, string? data, int threads, CancellationToken stop)
    {
        var realCrops = data is null ? [] : RealCrops.Read(data, source.Architecture.Geometry, ParityCheck.Crops);
        var unmeasured = new ModelCard
        {
            Name = name,
            Version = version,
            Architecture = source.Architecture,
            Preprocessing = new Preprocessing { Canvas = source.Architecture.Geometry.Canvas, Crop = source.Architecture.Geometry.Crop },
            Tensors = AlexNetGraph.Tensors,
            Labels = source.Labels,
            Training = source.Manifest,
            Calibration = source.Evaluated?.Calibration,
            EnsembleWeight = source.Evaluated?.EnsembleWeight,
            ImportedFrom = source.Origin,
            Graph = new GraphFile(ModelPackage.DefaultGraphFile, "", 0),
        };
        var plain = PackageGraphs.Build(
            source.Architecture, source.Weights, source.Colours.MeanOfCrop(source.Architecture.Geometry.Crop));
        var graphs = unmeasured.Calibration is { } calibration ? plain.WithTemperature(calibration.Temperature) : plain;
        var filters = FilterPicture.Png(source.Architecture, source.Weights);
        var card = graphs.Describe(unmeasured) with { Filters = filters is null ? null : new GraphFile(ModelPackage.DefaultFiltersFile, "", 0) };
        var files = graphs.Files with { Filters = filters is null ? null : PackageFiles.Bytes(filters) };
        return packages.Publish(card, files, package =>
        {
            stop.ThrowIfCancellationRequested();
            using var network = new ColumnNetwork(source.Architecture, ColumnPlacement.OnCpu(source.Architecture.Columns));
            ColumnWeights.Load(network, source.Weights);
            using var exported = EvaluatedPackage.Open(SplitCheck.Whole(package), new RuntimeOptions { Threads = threads });
            ParityCheck.Require(network, source.Colours, exported.Session, realCrops);
            SplitCheck.Require(package, exported.Session);
            var measured = package.Card with { Golden = GoldenAnswer.Of(exported.Session), Metrics = Measure(source, exported, data, stop) };
            stop.ThrowIfCancellationRequested();
            return measured;
        });
    }

    /// <summary>Errors on the photographs that the run held out, with one crop and with ten.</summary>
    private static IReadOnlyList<ErrorMetric> Measure(ExportSource source, EvaluatedPackage exported, string? data, CancellationToken stop)
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
            TrainingDisplay.Warn($"'{path}' is not the data set of the run; its held-out photographs are unknown, so the card gets no errors.");
            return [];
        }

        var judged = source.HeldOut is null ? photographs.Split(source.ValidationFraction).HeldOut : photographs.Photographs;
        var heldOut = Canvases.Load(photographs, judged, source.Architecture.Geometry.Canvas, stop);
        var classes = ClassMatch.Of(photographs.Labels, source.Labels, photographs.Name);
        int[] truth = [.. heldOut.Photographs.Select(photograph => classes[photograph.Label])];
        var measured = ModelMeasurement.Of(exported, heldOut, truth, CropViews.Counts, keep: [], stop);
        return [.. CropViews.Counts.Select(crops => Metric(photographs.Name, ErrorMeasure.Of(crops, measured.ByCrops[crops])))];
    }

    private static ErrorMetric Metric(string dataSet, ErrorMeasure error)
    {
        Console.WriteLine($"held out, {error.Images} photographs, {error.Crops} crop{(error.Crops == 1 ? "" : "s")}: top-1 error {error.Top1Error:P2}, top-5 error {error.Top5Error:P2}");
        return new ErrorMetric(dataSet, "validation", error.Images, error.Crops, error.Top1Error, error.Top5Error);
    }
}
