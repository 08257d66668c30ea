using System.CommandLine;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Measuring;
using AlexNetService.Training.Network;
using AlexNetService.Training.Runs;

namespace AlexNetService.Worker.Export;

/// <summary><c>alexnet export</c>: a run, or untrained weights, → a package that was held against torch before it was published.</summary>
internal static class ExportCommand
{
    private const string Package = "package";
    private const string SafeTensors = "safetensors";
    private const string Torchvision = "torchvision";

    public static Command Create(CancellationToken stop)
    {
        var run = new Option<string?>("--run") { Description = "A run's folder, or one of its checkpoint files." };
        var checkpoint = CommonOptions.Checkpoint();
        var revised = new Option<string?>("--package")
        {
            Description = "A package's folder instead: with what --evaluation says about it, it becomes a new version.",
        };
        var evaluation = new Option<string?>("--evaluation")
        {
            Description = "What 'alexnet evaluate --json' wrote about this run or package: the fitted temperature goes into graph and card, "
                + "a weight that --weights found or gave into the card (1 is an equal share).",
        };
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
            logits differ by more than 1e-3 of the largest, nothing is published. Of a run the best finished epoch is taken.

            Example: alexnet export --run runs/first --repository models --name first
            Example: alexnet export --run runs/first --evaluation e.json --repository models --name first
            Example: alexnet export --package models/first/1 --evaluation e.json --repository models
            Example: alexnet export --run runs/first --format safetensors --output first.safetensors
            """)
        {
            run, checkpoint, revised, evaluation, preset, untrained, classes, seed, repository, name, version, data, threads, format, output, names,
        };
        Option[] notOfPackages = [run, checkpoint, preset, untrained, classes, seed, data];
        command.SetAction(parsed =>
        {
            var isPackage = parsed.GetValue(format) == Package;
            RequireFit(parsed, isPackage ? [output, names] : [repository, name, version, data, revised, evaluation], isPackage ? SafeTensors : Package);
            var packages = new PackageRepository(parsed.GetValue(repository) ?? "models");
            if (parsed.GetValue(revised) is { } measured)
            {
                if (notOfPackages.FirstOrDefault(parsed.IsGiven) is { } stray)
                {
                    throw new InputException($"{stray.Name} does not go with --package; the package holds everything but the --evaluation.");
                }

                return Revise(measured, parsed.GetValue(evaluation), packages, parsed.GetValue(name), parsed.GetValue(version));
            }

            TorchRuntime.Prepare(parsed.GetValue(threads));
            var source = (parsed.GetValue(run), parsed.GetValue(preset), parsed.GetValue(untrained)) switch
            {
                ({ } folder, null, false) => ExportSource.Of(RunCheckpoint.Open(folder, parsed.GetValue(checkpoint))),
                (null, { } table, true) => ExportSource.Untrained(
                    CommonOptions.Architecture(table, parsed.GetValue(classes) ?? AlexNetLayers.UsualClasses(table)), parsed.GetValue(seed)),
                (null, not null, false) => throw new InputException("A preset has no trained weights. Name a --run, or say --untrained."),
                _ => throw new InputException("Name either a --run, or a --preset and --untrained."),
            };
            if (!isPackage)
            {
                return WriteWeights(source, parsed.GetValue(output), parsed.GetValue(names) == Torchvision);
            }

            if (parsed.GetValue(evaluation) is { } file)
            {
                var weights = EvaluatedRun.HashOf(source.Architecture, source.Weights);
                source = source with { Evaluated = EvaluatedCard.Read(file, weights, $"--run {parsed.GetValue(run)}") };
                source.Evaluated.Print();
            }

            var model = parsed.GetValue(name) ?? source.Architecture.Preset;
            var package = PackageExport.Publish(
                source,
                packages,
                model,
                parsed.GetValue(version) ?? packages.NextVersion(model),
                parsed.GetValue(data) ?? source.DataSetPath,
                parsed.GetValue(threads),
                stop);
            return Published(package);
        });
        return command;
    }

    private static int WriteWeights(ExportSource source, string? output, bool torchvisionNames)
    {
        var file = output ?? throw new InputException("Name the --output file of --format safetensors.");
        WeightsExport.Write(source, file, torchvisionNames);
        Console.WriteLine($"wrote {file} ({new FileInfo(file).Length:N0} bytes)");
        return ExitCode.Done;
    }

    private static int Revise(string folder, string? evaluation, PackageRepository packages, string? name, int? version)
    {
        var file = evaluation ?? throw new InputException("--package needs --evaluation FILE, which 'alexnet evaluate --json' writes.");
        var old = ModelPackage.Open(folder);
        var found = EvaluatedCard.Read(file, old.Card.Graph.Sha256, $"--package {folder}");
        found.Print();
        var model = name ?? old.Card.Name;
        return Published(PackageRevision.Publish(old, found, packages, model, version ?? packages.NextVersion(model)));
    }

    private static int Published(ModelPackage package)
    {
        Console.WriteLine($"published {package.Folder} ({package.Card.Files.Sum(file => file.Bytes):N0} bytes)");
        return ExitCode.Done;
    }

    private static void RequireFit(ParseResult parsed, Option[] others, string format)
    {
        if (Array.Find(others, parsed.IsGiven) is { } misplaced)
        {
            throw new InputException($"{misplaced.Name} goes with --format {format}.");
        }
    }
}
