using System.CommandLine;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;

namespace AlexNetService.Worker.Export;

/// <summary><c>alexnet export</c>: a run, or untrained weights, → a package that was held against torch before it was published.</summary>
internal static class ExportCommand
{
    private const string Package = "package";
    private const string SafeTensors = "safetensors";
    private const string Torchvision = "torchvision";

    public static Command Create(CancellationToken stop)
    {
        var run = new Option<string?>("--run") { Description = "A run's folder; its newest checkpoint is exported." };
        var preset = CommonOptions.Preset();
        var untrained = new Option<bool>("--untrained") { Description = "Export the preset with its initial weights, for tests and benchmarks." };
        var classes = new Option<int?>("--classes") { Description = "Classes of an untrained preset. Default: 1000 for alexnet, 10 for alexnet-cifar." };
        var seed = CommonOptions.Seed();
        var repository = new Option<string?>("--repository") { Description = "Folder of packages; the package goes to REPOSITORY/NAME/VERSION. Default: models." };
        var name = new Option<string?>("--name") { Description = "Name of the model. Default: the preset's." };
        var version = new Option<int?>("--model-version") { Description = "Version of the model. Default: one more than the newest." };
        var data = new Option<string?>("--data")
        {
            Description = "Photographs for the parity check, and the data set whose held-out part is measured. Default: what the run learned from.",
        };
        var threads = CommonOptions.Threads();
        var format = new Option<string>("--format")
        {
            Description = "package, to be served; or safetensors, the weights alone for other software and 'alexnet import'.",
            DefaultValueFactory = _ => Package,
        };
        format.AcceptOnlyFromAmong(Package, SafeTensors);
        var output = new Option<string?>("--output") { Description = "File of --format safetensors." };
        var names = new Option<string>("--names")
        {
            Description = "Names in --format safetensors: own, or torchvision's for its load_state_dict (alexnet-torchvision).",
            DefaultValueFactory = _ => "own",
        };
        names.AcceptOnlyFromAmong("own", Torchvision);
        var command = new Command("export", """
            Write a package: the ONNX graph and its card. The graph is run beside torch on 32 random and 32 real crops first; where the
            logits differ by more than 1e-3 of the largest, nothing is published.

            Example: alexnet export --run runs/first --repository models --name first
                     alexnet export --run runs/first --format safetensors --output first.safetensors
            """)
        {
            run, preset, untrained, classes, seed, repository, name, version, data, threads, format, output, names,
        };
        command.SetAction(parsed =>
        {
            var isPackage = parsed.GetValue(format) == Package;
            RequireFit(parsed, isPackage ? [output, names] : [repository, name, version, data], isPackage ? SafeTensors : Package);
            TorchRuntime.Prepare(parsed.GetValue(threads));
            var source = (parsed.GetValue(run), parsed.GetValue(preset), parsed.GetValue(untrained)) switch
            {
                ({ } folder, null, false) => ExportSource.Of(Checkpoint.Newest(folder, Train.TrainingDisplay.Warn)),
                (null, { } table, true) => ExportSource.Untrained(
                    CommonOptions.Architecture(table, parsed.GetValue(classes) ?? AlexNetLayers.UsualClasses(table)), parsed.GetValue(seed)),
                (null, not null, false) => throw new InputException("A preset has no trained weights. Name a --run, or say --untrained."),
                _ => throw new InputException("Name either a --run, or a --preset and --untrained."),
            };
            if (!isPackage)
            {
                var file = parsed.GetValue(output) ?? throw new InputException("Name the --output file of --format safetensors.");
                WeightsExport.Write(source, file, parsed.GetValue(names) == Torchvision);
                Console.WriteLine($"wrote {file} ({new FileInfo(file).Length:N0} bytes)");
                return ExitCode.Done;
            }

            var packages = new PackageRepository(parsed.GetValue(repository) ?? "models");
            var model = parsed.GetValue(name) ?? source.Architecture.Preset;
            var package = PackageExport.Publish(
                source,
                packages,
                model,
                parsed.GetValue(version) ?? packages.NextVersion(model),
                parsed.GetValue(data) ?? source.DataSetPath,
                parsed.GetValue(threads),
                stop);
            Console.WriteLine($"published {package.Folder} ({package.Card.Graph.Bytes:N0} bytes)");
            return ExitCode.Done;
        });
        return command;
    }

    private static void RequireFit(ParseResult parsed, Option[] others, string format)
    {
        if (Array.Find(others, parsed.IsGiven) is { } misplaced)
        {
            throw new InputException($"{misplaced.Name} goes with --format {format}.");
        }
    }
}
