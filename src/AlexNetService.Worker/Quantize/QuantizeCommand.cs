using System.CommandLine;
using System.Globalization;
using AlexNetService.Imaging;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Onnx;
using AlexNetService.Onnx.Quantized;
using AlexNetService.Training.Data;
using AlexNetService.Training.Measuring;

namespace AlexNetService.Worker.Quantize;

/// <summary><c>alexnet quantize</c>: a package → a sibling with fewer bits, measured before it is published.</summary>
internal sealed class QuantizeCommand
{
    private const string Int8 = "int8";
    private const string Half = "fp16";

    private readonly Option<string?> package = new("--package") { Description = CommonOptions.PackageFolder };

    private readonly Option<string> precision = new("--precision")
    {
        Description = "int8: bytes, for CPUs; fp16: 16-bit floats, for CUDA (slow on a CPU).",
        DefaultValueFactory = _ => Int8,
    };

    private readonly Option<string?> data = new("--data")
    {
        Description = "Labelled data set on which both packages are measured, with ten crops.",
    };

    private readonly Option<double?> fraction = CommonOptions.Number(
        "--validation-fraction",
        "Measure the photographs that 'alexnet train --validation-fraction' of the same value holds out, and calibrate on the others. "
        + "Default: all for both.");

    private readonly Option<int> calibration = new("--calibration-images")
    {
        Description = "Photographs that the ranges of the activations are read from.",
        DefaultValueFactory = _ => 256,
    };

    private readonly Option<int> bits = new("--weight-bits")
    {
        Description = "7: sums overflow on no processor; 8: a little finer, for processors that all have VNNI.",
        DefaultValueFactory = _ => 7,
    };

    private readonly Option<double?> loss = CommonOptions.Number(
        "--max-loss", "Points of top-1 error that may be lost. If more are, nothing is published. Default: 0.5.");

    private readonly Option<string?> repository = CommonOptions.Repository("that of --package");
    private readonly Option<string?> name = CommonOptions.ModelName("the old one with -int8 or -fp16");
    private readonly Option<int?> version = CommonOptions.ModelVersion();
    private readonly Option<int> threads = CommonOptions.Threads();
    private readonly CancellationToken stop;

    private QuantizeCommand(CancellationToken stop)
    {
        this.stop = stop;
        precision.AcceptOnlyFromAmong(Int8, Half);
        bits.AcceptOnlyFromAmong("7", "8");
        calibration.RequireRange(1, int.MaxValue);
    }

    public static Command Create(CancellationToken stop)
    {
        var options = new QuantizeCommand(stop);
        var command = new Command("quantize", """
            Make a smaller and faster sibling of a package: weights and activations become bytes (or 16-bit floats). Its card gets its
            errors beside the old package's. If top-1 error rises by more than --max-loss, nothing is published.

            Example: alexnet quantize --package models/first/1 --data photographs.zip --validation-fraction 0.1
            Example: alexnet quantize --package models/first/1 --data photographs.zip --precision fp16 --name first-gpu
            """)
        {
            options.package, options.precision, options.data, options.fraction, options.calibration, options.bits, options.loss,
            options.repository, options.name, options.version, options.threads,
        };
        command.SetAction(options.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        if (parsed.GetValue(precision) == Half && (parsed.IsGiven(bits) || parsed.IsGiven(calibration)))
        {
            throw new InputException("--weight-bits and --calibration-images go with --precision int8.");
        }

        var old = ModelPackage.Open(PackageRepository.Newest(
            parsed.GetValue(package) ?? throw new InputException("Name the --package to start from.")));
        using var source = DataSetOpener.Open(parsed.GetValue(data) ?? throw new InputException("Name the labelled --data to measure on."));
        var labelled = Parted(source, parsed.GetValue(fraction));
        var runtime = new RuntimeOptions { Threads = parsed.GetValue(threads) };
        var network = FloatNetwork.Open(old);
        var kind = parsed.GetValue(precision) == Int8 ? Precision.Int8 : Precision.Float16;
        var (graphs, images) = kind == Precision.Float16
            ? (network.ToHalf(), 0)
            : Calibrated(network, old, labelled, parsed.GetValue(calibration), parsed.GetValue(bits), runtime);
        var packages = new PackageRepository(parsed.GetValue(repository) ?? RepositoryOf(old));
        var called = parsed.GetValue(name) ?? $"{old.Card.Name}-{parsed.GetValue(precision)}";
        var narrowed = new NarrowedPackage
        {
            From = old,
            Precision = kind,
            CalibrationImages = images,
            Labelled = labelled,
            MaxLoss = (parsed.GetValue(loss) ?? 0.5) / 100,
            Runtime = runtime,
        };
        var made = narrowed.Publish(graphs, packages, called, parsed.GetValue(version) ?? packages.NextVersion(called), stop);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{made.Folder}: {Megabytes(made.Card):F1} MB of graphs and weights; "
            + $"{old.Card.Name} version {old.Card.Version} has {Megabytes(old.Card):F1} MB"));
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

    private static HeldOutPhotographs Parted(LabelledPhotographs source, double? fraction)
    {
        if (fraction is not { } share)
        {
            return new HeldOutPhotographs(source, source.Photographs, []);
        }

        var (training, heldOut) = share is > 0 and < 1 ? source.Split(share) : ([], []);
        return heldOut.Count > 0
            ? new HeldOutPhotographs(source, heldOut, training)
            : throw new InputException(string.Create(
                CultureInfo.InvariantCulture,
                $"A validation fraction of {share} holds out no photograph of '{source.Name}'. ")
                + "Use a share between 0 and 1, or leave it out to measure all.");
    }

    private static string RepositoryOf(ModelPackage package) =>
        Path.GetDirectoryName(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(package.Folder)))) ?? "models";

    private static double Megabytes(ModelCard card) => card.Files.Sum(file => file.Bytes) / 1e6;
}
