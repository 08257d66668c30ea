namespace AlexNetService.Worker.Inspect;

/// <summary><c>alexnet inspect</c>: the layer table of a preset or a package, with shapes, parameters and multiply-adds.</summary>
internal sealed class InspectCommand : Command
{
    private readonly Option<string?> preset = CommonOptions.Preset();
    private readonly Option<string?> package = CommonOptions.Text("--package", CommonOptions.PackageFolder);
    private readonly Option<int?> classes = CommonOptions.Classes();

    private readonly Option<bool> exchange = CommonOptions.Of<bool>(
        "--exchange", "Also print what the devices of the columns send each other in a step of training.");

    private readonly Option<int?> batch = CommonOptions.Of<int?>(
        "--batch-size", "Crops in that step. Default: those with which 'alexnet train' trains the layer table.").Range(1);

    private readonly Option<string?> data = CommonOptions.Text(
        "--data", "Photographs: also print statistics of the package's layers for them, before and after response normalisation.");

    private readonly Option<int> photographs = CommonOptions.Of(
        "--photographs", "How many of them, spread evenly over the data set.", 64).Range(1);
    private readonly Option<int> threads = CommonOptions.Threads();
    private readonly CancellationToken stop;

    public InspectCommand(CancellationToken stop)
        : base("inspect", """
            Print the layer table of a preset or package: output shapes, parameters, multiply-adds of one crop.

            Example: alexnet inspect --preset alexnet --exchange
            Example: alexnet inspect --package models/first/1 --data photographs.zip
            """)
    {
        this.stop = stop;
        this.AddAll(preset, package, classes, exchange, batch, data, photographs, threads);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var opened = parsed.GetValue(package) is { } folder ? ModelPackage.Open(PackageRepository.Newest(folder)) : null;
        var architecture = (parsed.GetValue(preset), opened) switch
        {
            ({ } name, null) => CommonOptions.Architecture(name, parsed.GetValue(classes) ?? AlexNetLayers.UsualClasses(name)),
            (null, not null) => opened.Card.Architecture,
            _ => throw new InputException("Name either a --preset or a --package."),
        };
        if (opened is not null)
        {
            PrintPackage(opened.Card);
        }

        if (architecture is not null)
        {
            NetworkTables.PrintLayers(architecture);
        }

        if (parsed.GetValue(exchange))
        {
            PrintExchange(parsed, architecture);
        }

        if (parsed.GetValue(data) is { } path)
        {
            PrintActivations(parsed, opened, path);
        }

        return ExitCode.Done;
    }

    private void PrintExchange(ParseResult parsed, NetworkArchitecture? architecture)
    {
        var table = architecture
            ?? throw new InputException("The card has no layer table, so its columns are unknown. Leave out --exchange.");
        var crops = parsed.GetValue(batch) ?? TrainingRecipe.For(AlexNetLayers.PresetOf(table.Preset) ?? "").BatchSize;
        NetworkTables.PrintExchange(table, crops);
    }

    private void PrintActivations(ParseResult parsed, ModelPackage? opened, string path)
    {
        using var source = DataSetOpener.Open(path, labelled: false);
        var network = opened ?? throw new InputException("A preset has learned nothing; name the --package to run on --data.");
        var count = parsed.GetValue(photographs);
        var found = ActivationStatistics.Of(network, source, count, parsed.GetValue(threads), stop);
        NetworkTables.PrintActivations(found, Math.Min(count, source.Photographs.Count));
    }

    private static void PrintPackage(ModelCard card)
    {
        Console.WriteLine(
            $"{card.Name} version {card.Version}: {card.Labels.Count} classes, crops of {card.Preprocessing.Crop} from a canvas of "
            + $"{card.Preprocessing.Canvas}");
        foreach (var file in card.Files)
        {
            Console.WriteLine($"{file.File}: {file.Bytes:N0} bytes, SHA-256 {file.Sha256}");
        }

        Console.WriteLine(card.Split is { } split ? Trunk(card, split) : "no trunk: crops are run one by one");
        Console.WriteLine(card.Golden is { } golden
            ? $"golden crop {golden.Seed}: its logits are known to {golden.Tolerance} of the largest"
            : "no golden crop: the card does not say what the graph must answer");
        if (card.Quantization is { } made)
        {
            Console.WriteLine(
                $"{made.Precision} of {made.FromName} version {made.FromVersion}, calibrated on {made.CalibrationImages} photographs; "
                + $"on {made.Images} of {made.DataSet} top-1 error {made.Top1ErrorBefore:P2} → {made.Top1ErrorAfter:P2}"
                + (ErrorRates.HasTop5(card.Labels.Count) ? $", top-5 error {made.Top5ErrorBefore:P2} → {made.Top5ErrorAfter:P2}" : ""));
        }

        foreach (var metric in card.Metrics)
        {
            Console.WriteLine(
                $"{metric.DataSet} {metric.Split}, {metric.Images} photographs, {metric.Crops} crops: "
                + ErrorRates.Text(metric.Top1Error, metric.Top5Error, card.Labels.Count));
        }

        if (card.Architecture is null)
        {
            Console.WriteLine("The card has no layer table: the graph comes from other software.");
        }
    }

    private static string Trunk(ModelCard card, SplitGraph split)
    {
        var layers = card.Architecture is { } table && SharedTrunk.Of(table) is { } trunk
            ? $", {trunk.Layers} layers to {table.Layers[trunk.Layers - 1].Name}"
            : "";
        return $"trunk for the whole canvas{layers}: {split.Count} maps {split.Maps} of {split.CanvasSide}×{split.CanvasSide}, "
            + $"of which a crop has {split.CropSide}×{split.CropSide}, {split.Step} pixels apart";
    }
}
