using System.CommandLine;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Training.Measuring;
using AlexNetService.Training.Network;
using AlexNetService.Training.Runs;

namespace AlexNetService.Worker.Export;

/// <summary><c>alexnet export</c>: a run or untrained weights → a package, compared with torch before it is published.</summary>
internal sealed class ExportCommand
{
    private const string Package = "package";
    private const string SafeTensors = "safetensors";
    private const string Torchvision = "torchvision";

    private readonly Option<string?> run = new("--run") { Description = "A run's folder, or one of its checkpoint files." };
    private readonly Option<Training.Loop.CheckpointChoice> checkpoint = CommonOptions.Checkpoint();

    private readonly Option<string?> revised = new("--package")
    {
        Description = $"{CommonOptions.PackageFolder} Instead of a run: --evaluation makes a new version of it.",
    };

    private readonly Option<string?> evaluation = new("--evaluation")
    {
        Description = "A file that 'alexnet evaluate --json' wrote about this run or package. The fitted temperature goes into graph and "
            + "card, a searched or given weight into the card (1 is an equal share).",
    };

    private readonly Option<string?> preset = CommonOptions.Preset();

    private readonly Option<bool> untrained = new("--untrained")
    {
        Description = "Export the preset with its initial weights, for tests and benchmarks.",
    };

    private readonly Option<int?> classes = CommonOptions.Classes();
    private readonly Option<int> seed = CommonOptions.Seed();
    private readonly Option<string?> repository = CommonOptions.Repository("models");
    private readonly Option<string?> name = CommonOptions.ModelName("the preset's");
    private readonly Option<int?> version = CommonOptions.ModelVersion();

    private readonly Option<string?> data = new("--data")
    {
        Description = "Photographs for the parity check; the held-out part of a run's data set is also measured. "
            + "Default: the run's data set.",
    };

    private readonly Option<int> threads = CommonOptions.Threads();

    private readonly Option<string> format = new("--format")
    {
        Description = "package: to be served; safetensors: only the weights, for other software and 'alexnet import'.",
        DefaultValueFactory = _ => Package,
    };

    private readonly Option<string?> output = new("--output") { Description = "File of --format safetensors." };

    private readonly Option<string> names = new("--names")
    {
        Description = "Names in --format safetensors: own, or torchvision for its load_state_dict (alexnet-torchvision).",
        DefaultValueFactory = _ => "own",
    };

    private readonly CancellationToken stop;

    private ExportCommand(CancellationToken stop)
    {
        this.stop = stop;
        format.AcceptOnlyFromAmong(Package, SafeTensors);
        names.AcceptOnlyFromAmong("own", Torchvision);
    }

    public static Command Create(CancellationToken stop)
    {
        var options = new ExportCommand(stop);
        var command = new Command("export", """
            Write a package: the ONNX graph and its card. Torch and the graph first run 32 random and 32 real crops; if their logits differ
            by more than 1e-3 of the largest, nothing is published. A run is exported at its best finished epoch.

            Example: alexnet export --run runs/first --repository models --name first
            Example: alexnet export --run runs/first --evaluation e.json --repository models --name first
            Example: alexnet export --package models/first/1 --evaluation e.json --repository models
            Example: alexnet export --run runs/first --format safetensors --output first.safetensors
            """)
        {
            options.run, options.checkpoint, options.revised, options.evaluation, options.preset, options.untrained, options.classes,
            options.seed, options.repository, options.name, options.version, options.data, options.threads, options.format,
            options.output, options.names,
        };
        command.SetAction(options.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var isPackage = parsed.GetValue(format) == Package;
        Option[] ofTheOtherFormat = isPackage ? [output, names] : [repository, name, version, data, revised, evaluation];
        if (Array.Find(ofTheOtherFormat, parsed.IsGiven) is { } misplaced)
        {
            throw new InputException($"{misplaced.Name} goes with --format {(isPackage ? SafeTensors : Package)}.");
        }

        var packages = new PackageRepository(parsed.GetValue(repository) ?? "models");
        if (parsed.GetValue(revised) is { } measured)
        {
            return Revise(parsed, measured, packages);
        }

        TorchRuntime.Prepare(parsed.GetValue(threads));
        var source = Source(parsed);
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
        return PackageExport.Printed(PackageExport.Publish(
            source,
            packages,
            model,
            parsed.GetValue(version) ?? packages.NextVersion(model),
            parsed.GetValue(data) ?? source.DataSetPath,
            parsed.GetValue(threads),
            stop));
    }

    private ExportSource Source(ParseResult parsed) =>
        (parsed.GetValue(run), parsed.GetValue(preset), parsed.GetValue(untrained)) switch
        {
            ({ } folder, null, false) => ExportSource.Of(RunCheckpoint.Open(folder, parsed.GetValue(checkpoint))),
            (null, { } table, true) => ExportSource.Untrained(
                CommonOptions.Architecture(table, parsed.GetValue(classes) ?? AlexNetLayers.UsualClasses(table)), parsed.GetValue(seed)),
            (null, not null, false) => throw new InputException("A preset has no trained weights. Name a --run, or say --untrained."),
            _ => throw new InputException("Name either a --run, or a --preset and --untrained."),
        };

    private int Revise(ParseResult parsed, string folder, PackageRepository packages)
    {
        if (Array.Find<Option>([run, checkpoint, preset, untrained, classes, seed, data], parsed.IsGiven) is { } stray)
        {
            throw new InputException($"{stray.Name} does not go with --package. Leave it out.");
        }

        var file = parsed.GetValue(evaluation)
            ?? throw new InputException("--package needs --evaluation FILE, which 'alexnet evaluate --json' writes.");
        var old = ModelPackage.Open(PackageRepository.Newest(folder));
        var found = EvaluatedCard.Read(file, old.Card.Graph.Sha256, $"--package {folder}");
        found.Print();
        var model = parsed.GetValue(name) ?? old.Card.Name;
        var next = parsed.GetValue(version) ?? packages.NextVersion(model);
        return PackageExport.Printed(PackageRevision.Publish(old, found, packages, model, next));
    }

    /// <summary>Writes one safetensors file that <c>alexnet import</c>, Python and others read.</summary>
    private static int WriteWeights(ExportSource source, string? output, bool torchvision)
    {
        var file = output ?? throw new InputException("Name the --output file of --format safetensors.");
        if (torchvision && source.Architecture.Preset != AlexNetLayers.Torchvision)
        {
            throw new InputException(
                $"Torchvision has no network like '{source.Architecture.Preset}'; only {AlexNetLayers.Torchvision} has its names.");
        }

        if (Path.GetDirectoryName(file) is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
        }

        var weights = new PortableWeights(source.Architecture, source.Weights, source.Colours.Mean, source.Labels)
        {
            MeanImage = source.Colours.MeanImage,
        };
        weights.ToFile(own => torchvision ? TorchvisionNames.Theirs(own) ?? own : own).Write(file);
        Console.WriteLine($"wrote {file} ({new FileInfo(file).Length:N0} bytes)");
        return ExitCode.Done;
    }
}
