namespace AlexNetService.Worker.Export;

/// <summary><c>alexnet export</c>: a run or untrained weights → a package, compared with torch before it is published.</summary>
internal sealed class ExportCommand : Command
{
    private const string Package = "package";
    private const string SafeTensors = "safetensors";
    private const string Torchvision = "torchvision";

    private readonly Option<string?> run = CommonOptions.Text("--run", "A run's folder, or one of its checkpoint files.");
    private readonly Option<CheckpointChoice> checkpoint = CommonOptions.Checkpoint();

    private readonly Option<string?> revised = CommonOptions.Text(
        "--package", $"{CommonOptions.PackageFolder} Instead of a run: --evaluation makes a new version of it.");

    private readonly Option<string?> evaluation = CommonOptions.Text(
        "--evaluation",
        "A file that 'alexnet evaluate --json' wrote about this run or package. The fitted temperature goes into graph and "
            + "card, a searched or given weight into the card (1 is an equal share).");

    private readonly Option<string?> preset = CommonOptions.Preset();

    private readonly Option<bool> untrained = CommonOptions.Of<bool>(
        "--untrained", "Export the preset with its initial weights, for tests and benchmarks.");

    private readonly Option<int?> classes = CommonOptions.Classes();
    private readonly Option<int> seed = CommonOptions.Seed();
    private readonly Option<string?> repository = CommonOptions.Repository("models");
    private readonly Option<string?> name = CommonOptions.ModelName("the preset's");
    private readonly Option<int?> version = CommonOptions.ModelVersion();

    private readonly Option<string?> data = CommonOptions.Text(
        "--data",
        "Photographs for the parity check; the held-out part of a run's data set is also measured. "
            + "Default: the run's data set.");

    private readonly Option<int> threads = CommonOptions.Threads();

    private readonly Option<string> format = CommonOptions.Of(
        "--format",
        "package: to be served; safetensors: only the weights, for other software and 'alexnet import'.",
        Package).Among(Package, SafeTensors);

    private readonly Option<string?> output = CommonOptions.Text("--output", "File of --format safetensors.");

    private readonly Option<string> names = CommonOptions.Of(
        "--names",
        "Names in --format safetensors: own, or torchvision for its load_state_dict (alexnet-torchvision).",
        "own").Among("own", Torchvision);

    private readonly CancellationToken stop;

    public ExportCommand(CancellationToken stop)
        : base("export", """
            Write a package: the ONNX graph and its card. Torch and the graph first run 32 random and 32 real crops; if their logits differ
            by more than 1e-3 of the largest, nothing is published. A run is exported at its best finished epoch.

            Example: alexnet export --run runs/first --repository models --name first
            Example: alexnet export --run runs/first --evaluation e.json --repository models --name first
            Example: alexnet export --package models/first/1 --evaluation e.json --repository models
            Example: alexnet export --run runs/first --format safetensors --output first.safetensors
            """)
    {
        this.stop = stop;
        this.AddAll(
            run, checkpoint, revised, evaluation, preset, untrained, classes, seed, repository, name, version, data, threads, format,
            output, names);
        SetAction(Run);
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
            return WriteWeights(source.Network, parsed.GetValue(output), parsed.GetValue(names) == Torchvision);
        }

        var network = source.Network;
        if (parsed.GetValue(evaluation) is { } file)
        {
            var weights = EvaluatedRun.HashOf(network.Architecture, network.Weights);
            source = source with { Evaluated = EvaluatedCard.Read(file, weights, $"--run {parsed.GetValue(run)}") };
            source.Evaluated.Print();
        }

        var model = parsed.GetValue(name) ?? network.Architecture.Preset;
        var next = parsed.GetValue(version) ?? packages.NextVersion(model);
        var photographs = parsed.GetValue(data) ?? source.Run?.DataSetPath;
        return PackageExport.Printed(
            PackageExport.Publish(source, packages, model, next, photographs, parsed.GetValue(threads), stop));
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
    private static int WriteWeights(TrainedNetwork network, string? output, bool torchvision)
    {
        var file = output ?? throw new InputException("Name the --output file of --format safetensors.");
        InputException.ThrowIf(
            torchvision && network.Architecture.Preset != AlexNetLayers.Torchvision,
            $"Torchvision has no network like '{network.Architecture.Preset}'; only {AlexNetLayers.Torchvision} has its names.");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file)) ?? ".");
        var weights = new PortableWeights(network.Architecture, network.Weights, network.Mean.Mean, network.Labels)
        {
            MeanImage = network.Mean.MeanImage,
        };
        weights.ToFile(own => torchvision ? TorchvisionNames.Theirs(own) ?? own : own).Write(file);
        Console.WriteLine($"wrote {file} ({new FileInfo(file).Length:N0} bytes)");
        return ExitCode.Done;
    }
}
