using AlexNetService.Onnx.Quantized;
using AlexNetService.Worker.Evaluate;

namespace AlexNetService.Worker.Quantize;

/// <summary><c>alexnet quantize</c>: a package → a sibling with fewer bits, measured before it is published.</summary>
internal sealed class QuantizeCommand : Command
{
    private const string Int8 = "int8";
    private const string Half = "fp16";

    private readonly Option<string?> package = CommonOptions.Text("--package", CommonOptions.PackageFolder);

    private readonly Option<string> precision = CommonOptions.Of(
        "--precision", "int8: bytes, for CPUs; fp16: 16-bit floats, for CUDA (slow on a CPU).", Int8).Among(Int8, Half);

    private readonly Option<string?> data = CommonOptions.Text(
        "--data", "Labelled data set on which both packages are measured, with ten crops.");

    private readonly Option<double?> fraction = CommonOptions.Number(
        "--validation-fraction",
        "Measure the photographs that 'alexnet train --validation-fraction' of the same value holds out, and calibrate on the others. "
        + "Default: all for both.");

    private readonly Option<int> calibration = CommonOptions.Of(
        "--calibration-images", "Photographs that the ranges of the activations are read from.", 256).Range(1);

    private readonly Option<int> bits = CommonOptions.Of(
        "--weight-bits", "7: sums overflow on no processor; 8: a little finer, for processors that all have VNNI.", 7).Among("7", "8");

    private readonly Option<double?> loss = CommonOptions.Number(
        "--max-loss", "Points of top-1 error that may be lost. If more are, nothing is published. Default: 0.5.");

    private readonly Option<string?> repository = CommonOptions.Repository("that of --package");
    private readonly Option<string?> name = CommonOptions.ModelName("the old one with -int8 or -fp16");
    private readonly Option<int?> version = CommonOptions.ModelVersion();
    private readonly Option<int> threads = CommonOptions.Threads();
    private readonly CancellationToken stop;

    public QuantizeCommand(CancellationToken stop)
        : base("quantize", """
            Make a smaller and faster sibling of a package: weights and activations become bytes (or 16-bit floats). Its card gets its
            errors beside the old package's. If top-1 error rises by more than --max-loss, nothing is published.

            Example: alexnet quantize --package models/first/1 --data photographs.zip --validation-fraction 0.1
            Example: alexnet quantize --package models/first/1 --data photographs.zip --precision fp16 --name first-gpu
            """)
    {
        this.stop = stop;
        this.AddAll(package, precision, data, fraction, calibration, bits, loss, repository, name, version, threads);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        InputException.ThrowIf(
            parsed.GetValue(precision) == Half && (parsed.IsGiven(bits) || parsed.IsGiven(calibration)),
            "--weight-bits and --calibration-images go with --precision int8.");
        var old = ModelPackage.Open(PackageRepository.Newest(
            parsed.GetValue(package) ?? throw new InputException("Name the --package to start from.")));
        using var source = DataSetOpener.Open(parsed.GetValue(data) ?? throw new InputException("Name the labelled --data to measure on."));
        var labelled = HeldOutPhotographs.Of(source, parsed.GetValue(fraction));
        var runtime = new RuntimeOptions { Threads = parsed.GetValue(threads) };
        var network = FloatNetwork.Open(old);
        var kind = parsed.GetValue(precision) == Int8 ? Precision.Int8 : Precision.Float16;
        var (graphs, images) = kind == Precision.Float16
            ? (network.ToHalf(), 0)
            : Calibrated(network, old, labelled, parsed.GetValue(calibration), parsed.GetValue(bits), runtime);
        var packages = new PackageRepository(parsed.GetValue(repository) ?? CommonOptions.RepositoryOf(old.Folder));
        var called = parsed.GetValue(name) ?? $"{old.Card.Name}-{parsed.GetValue(precision)}";
        var made = new NarrowedPackage(old, kind, images, labelled, (parsed.GetValue(loss) ?? 0.5) / 100, runtime)
            .Publish(graphs, packages, called, parsed.GetValue(version) ?? packages.NextVersion(called), stop);
        Console.WriteLine(
            $"{made.Folder}: {Megabytes(made.Card):F1} MB of graphs and weights; "
            + $"{old.Card.Name} version {old.Card.Version} has {Megabytes(old.Card):F1} MB");
        Console.WriteLine(
            $"{called} is a variant of {old.Card.Name}: where both are served, {old.Card.Name} answers unless ModelRepository:Default or "
            + $"the request names {called}.");
        return ExitCode.Done;
    }

    private (PackageGraphs Graphs, int Images) Calibrated(
        FloatNetwork network, ModelPackage old, HeldOutPhotographs labelled, int count, int weightBits, RuntimeOptions runtime)
    {
        var input = old.Card.Preprocessing;
        using var probe = GraphProbe.Open(network.WithMeasuredOutputs(), old, runtime);
        var canvases = labelled.ForCalibration(count, input.Canvas, stop);
        var ranges = Ranges(probe, network.Measured, canvases, new CropGeometry(input.Canvas, input.Crop));
        return (network.ToInt8(ranges, weightBits), canvases.Photographs.Count);
    }

    /// <summary>Runs ten crops of photographs through a network and finds the best range of each tensor's values.</summary>
    private Dictionary<string, TensorRange> Ranges(
        GraphProbe probe, IReadOnlyList<string> tensors, Canvases canvases, CropGeometry geometry)
    {
        var windows = CropViews.Ten(geometry);
        var histograms = tensors.ToDictionary(tensor => tensor, _ => new ValueHistogram(), StringComparer.Ordinal);
        var cropBytes = NetworkArchitecture.Channels * geometry.Crop * geometry.Crop;
        var crops = new byte[windows.Length * cropBytes];
        var count = canvases.Photographs.Count;
        foreach (var place in MeasuringProgress.Over(Enumerable.Range(0, count), count, "calibration"))
        {
            stop.ThrowIfCancellationRequested();
            for (var i = 0; i < windows.Length; i++)
            {
                windows[i].CopyTo(canvases[place].Span, canvases.Side, crops.AsSpan(i * cropBytes, cropBytes), geometry.Crop);
            }

            try
            {
                probe.Run(crops, tensors, (tensor, values) => histograms[tensor].Add(values));
            }
            catch (ArgumentException e)
            {
                throw new InputException($"The network cannot be calibrated on '{canvases.Photographs[place].Path}': {e.Message}");
            }
        }

        return histograms.ToDictionary(pair => pair.Key, pair => pair.Value.BestRange(), StringComparer.Ordinal);
    }

    private static double Megabytes(ModelCard card) => card.Files.Sum(file => file.Bytes) / 1e6;
}
