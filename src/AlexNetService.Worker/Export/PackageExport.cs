using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Onnx;
using AlexNetService.Training.Data;
using AlexNetService.Training.Network;
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
    /// <exception cref="InputException">The graph and torch disagree, or the photographs are not there.</exception>
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
            Graph = new GraphFile(ModelPackage.DefaultGraphFile, "", 0),
        };
        var graph = AlexNetGraph.Build(source.Architecture, source.Weights, source.Colours.MeanOfCrop(source.Architecture.Geometry.Crop));
        return packages.Publish(unmeasured, graph, package =>
        {
            stop.ThrowIfCancellationRequested();
            using var network = new ColumnNetwork(source.Architecture, ColumnPlacement.OnCpu(source.Architecture.Columns));
            ColumnWeights.Load(network, source.Weights);
            using var session = ModelSession.Open(package, new RuntimeOptions { Threads = threads });
            ParityCheck.Require(network, source.Colours, session, realCrops);
            var card = package.Card with { Metrics = Measure(source, session, data, stop) };
            stop.ThrowIfCancellationRequested();
            return card;
        });
    }

    /// <summary>Errors on the photographs that the run held out, with one crop and with ten.</summary>
    private static IReadOnlyList<ErrorMetric> Measure(ExportSource source, ModelSession session, string? data, CancellationToken stop)
    {
        if (source.Manifest is null || source.ValidationFraction == 0 || data is null)
        {
            return [];
        }

        using var photographs = DataSetOpener.Open(data, labelled: false);
        if (photographs.Sha256 != source.DataSetSha256)
        {
            Train.TrainingDisplay.Warn($"'{data}' is not the data set of the run; its held-out photographs are unknown, so the card gets no errors.");
            return [];
        }

        var heldOut = Canvases.Load(photographs, photographs.Split(source.ValidationFraction).HeldOut, source.Architecture.Geometry.Canvas, stop);
        var classes = ClassMatch.Of(photographs.Labels, source.Labels, photographs.Name);
        var alone = PackageErrors.EnsembleOf(session);
        ErrorMetric Errors(TestViews views)
        {
            var measured = MeasuredError.Of("held out", (int)views, heldOut, classes, PackageErrors.Probabilities(alone, heldOut, views, stop));
            Console.WriteLine($"held out, {measured.Images} photographs, {measured.Crops} crop{(measured.Crops == 1 ? "" : "s")}: top-1 error {measured.Top1Error:P2}, top-5 error {measured.Top5Error:P2}");
            return new ErrorMetric(photographs.Name, "validation", measured.Images, measured.Crops, measured.Top1Error, measured.Top5Error);
        }

        return [Errors(TestViews.Centre), Errors(TestViews.Ten)];
    }
}
