using System.CommandLine;
using System.Globalization;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Onnx;
using AlexNetService.Training.Data;

namespace AlexNetService.Worker.Quantize;

/// <summary><c>alexnet quantize</c>: a package → a sibling of fewer bits, measured before it is published.</summary>
internal static class QuantizeCommand
{
    private const string Int8 = "int8";
    private const string Half = "fp16";

    public static Command Create(CancellationToken stop)
    {
        var package = new Option<string?>("--package") { Description = "The package's folder, …/NAME/VERSION." };
        var precision = new Option<string>("--precision")
        {
            Description = "int8: bytes, for CPUs; fp16: 16-bit floats, for CUDA (on a CPU they run, slowly).",
            DefaultValueFactory = _ => Int8,
        };
        precision.AcceptOnlyFromAmong(Int8, Half);
        var data = new Option<string?>("--data") { Description = "Labelled data set that both packages are measured on, with ten crops." };
        var fraction = CommonOptions.Number(
            "--validation-fraction",
            "Measure what 'alexnet train --validation-fraction' of the same value holds out, and calibrate on the others. Default: all for both.");
        var calibration = new Option<int>("--calibration-images")
        {
            Description = "Photographs that the ranges of the activations are read from.",
            DefaultValueFactory = _ => 256,
        };
        calibration.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("--calibration-images takes 1 or more.");
            }
        });
        var bits = new Option<int>("--weight-bits")
        {
            Description = "7, whose sums overflow on no processor; or 8, a little finer, where all processors that will serve have VNNI.",
            DefaultValueFactory = _ => 7,
        };
        bits.AcceptOnlyFromAmong("7", "8");
        var loss = CommonOptions.Number("--max-loss", "Points of top-1 error that may be lost; where it is more, nothing is published. Default: 0.5.");
        var repository = new Option<string?>("--repository") { Description = "Folder of packages; the package goes to REPOSITORY/NAME/VERSION. Default: that of --package." };
        var name = new Option<string?>("--name") { Description = "Name of the new model. Default: the old one with -int8 or -fp16." };
        var version = new Option<int?>("--model-version") { Description = "Version of the new model. Default: one more than the newest." };
        var threads = CommonOptions.Threads();
        var command = new Command("quantize", """
            Make a smaller and faster sibling of a package: weights and activations become bytes (or 16-bit floats). Its errors are measured
            beside the old one's and written into its card; where it is worse by more than --max-loss, nothing is published.

            Example: alexnet quantize --package models/first/1 --data photographs.zip --validation-fraction 0.1
            Example: alexnet quantize --package models/first/1 --data photographs.zip --precision fp16 --name first-gpu
            """)
        {
            package, precision, data, fraction, calibration, bits, loss, repository, name, version, threads,
        };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(precision) == Half && (parsed.IsGiven(bits) || parsed.IsGiven(calibration)))
            {
                throw new InputException("--weight-bits and --calibration-images belong to --precision int8.");
            }

            var old = ModelPackage.Open(parsed.GetValue(package) ?? throw new InputException("Name the --package to start from."));
            using var source = DataSetOpener.Open(parsed.GetValue(data) ?? throw new InputException("Name the labelled --data to measure on."));
            var labelled = Parted(source, parsed.GetValue(fraction));
            var runtime = new RuntimeOptions { Threads = parsed.GetValue(threads) };
            var network = FloatNetwork.Open(old);
            var kind = parsed.GetValue(precision) == Int8 ? Precision.Int8 : Precision.Float16;
            var (graphs, images) = kind == Precision.Float16
                ? (network.ToHalf(), 0)
                : Calibrated(network, old, labelled, parsed.GetValue(calibration), parsed.GetValue(bits), runtime, stop);
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
            Print(old, narrowed.Publish(graphs, packages, called, parsed.GetValue(version) ?? packages.NextVersion(called), stop));
            return ExitCode.Done;
        });
        return command;
    }

    private static (PackageGraphs Graphs, int Images) Calibrated(
        FloatNetwork network, ModelPackage old, HeldOutPhotographs labelled, int count, int weightBits, RuntimeOptions runtime, CancellationToken stop)
    {
        var input = old.Card.Preprocessing;
        using var probe = GraphProbe.Open(network.WithMeasuredOutputs(), old, runtime);
        var canvases = labelled.ForCalibration(count, input.Canvas, stop);
        var ranges = ActivationRanges.Measure(probe, network.Measured, canvases, new CropGeometry(input.Canvas, input.Crop), stop);
        return (network.ToInt8(ranges, weightBits), canvases.Photographs.Count);
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
                $"A validation fraction of {share} holds out no photograph of '{source.Name}'. Use a share between 0 and 1, or none to measure all."));
    }

    private static string RepositoryOf(ModelPackage package) =>
        Path.GetDirectoryName(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(package.Folder)))) ?? "models";

    private static void Print(ModelPackage old, ModelPackage made) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{made.Folder}: {Megabytes(made.Card):F1} MB of graphs and weights; {old.Card.Name} version {old.Card.Version} has {Megabytes(old.Card):F1} MB"));

    private static double Megabytes(ModelCard card) => card.Files.Sum(file => file.Bytes) / 1e6;
}
