using System.CommandLine;
using System.Globalization;
using AlexNetService.Laboratory.Measure;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using Spectre.Console;

namespace AlexNetService.Worker.Inspect;

/// <summary><c>alexnet inspect</c>: the layer table of a preset or a package, with shapes, parameters and multiply-adds.</summary>
internal sealed class InspectCommand
{
    private const int UsualPhotographs = 64;

    private readonly Option<string?> preset = CommonOptions.Preset();
    private readonly Option<string?> package = new("--package") { Description = CommonOptions.PackageFolder };
    private readonly Option<int?> classes = CommonOptions.Classes();

    private readonly Option<bool> exchange = new("--exchange")
    {
        Description = "Also print what the devices of the columns send each other in a step of training.",
    };

    private readonly Option<int?> batch = new("--batch-size")
    {
        Description = "Crops in that step. Default: those with which 'alexnet train' trains the layer table.",
    };

    private readonly Option<string?> data = new("--data")
    {
        Description = "Photographs: also print statistics of the package's layers for them, before and after response normalisation.",
    };

    private readonly Option<int> photographs = new("--photographs")
    {
        Description = "How many of them, spread evenly over the data set.",
        DefaultValueFactory = _ => UsualPhotographs,
    };

    private readonly Option<int> threads = CommonOptions.Threads();

    public static Command Create(CancellationToken stop)
    {
        var options = new InspectCommand();
        var command = new Command("inspect", """
            Print the layer table of a preset or package: output shapes, parameters, multiply-adds of one crop.

            Example: alexnet inspect --preset alexnet --exchange
            Example: alexnet inspect --package models/first/1 --data photographs.zip
            """)
        {
            options.preset, options.package, options.classes, options.exchange, options.batch, options.data, options.photographs,
            options.threads,
        };
        command.SetAction(parsed => options.Run(parsed, stop));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken stop)
    {
        if ((parsed.GetValue(preset) is null) == (parsed.GetValue(package) is null))
        {
            throw new InputException("Name either a --preset or a --package.");
        }

        var opened = parsed.GetValue(package) is { } folder ? ModelPackage.Open(PackageRepository.Newest(folder)) : null;
        var architecture = parsed.GetValue(preset) is { } name
            ? CommonOptions.Architecture(name, parsed.GetValue(classes) ?? AlexNetLayers.UsualClasses(name))
            : opened?.Card.Architecture;
        if (opened is not null)
        {
            PrintPackage(opened.Card);
        }

        if (architecture is not null)
        {
            NetworkTables.PrintLayers(architecture, AnsiConsole.Console);
        }

        if (parsed.GetValue(exchange))
        {
            if (architecture is null)
            {
                throw new InputException("The card has no layer table, so its columns are unknown. Leave out --exchange.");
            }

            NetworkTables.PrintExchange(
                architecture,
                Positive(batch, parsed.GetValue(batch) ?? TrainingRecipe.For(AlexNetLayers.PresetOf(architecture.Preset) ?? "").BatchSize),
                AnsiConsole.Console);
        }

        if (parsed.GetValue(data) is { } path)
        {
            using var source = DataSetOpener.Open(path, labelled: false);
            var found = ActivationStatistics.Of(
                opened ?? throw new InputException("A preset has learned nothing; name the --package to run on --data."),
                source,
                Positive(photographs, parsed.GetValue(photographs)),
                parsed.GetValue(threads),
                stop);
            NetworkTables.PrintActivations(
                found, Math.Min(parsed.GetValue(photographs), source.Photographs.Count), AnsiConsole.Console);
        }

        return ExitCode.Done;
    }

    private static int Positive(Option option, int value) =>
        value > 0 ? value : throw new InputException($"{option.Name} must be 1 or more.");

    private static void PrintPackage(ModelCard card)
    {
        Console.WriteLine(
            $"{card.Name} version {card.Version}: {card.Labels.Count} classes, crops of {card.Preprocessing.Crop} from a canvas of "
            + $"{card.Preprocessing.Canvas}");
        foreach (var file in card.Files)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{file.File}: {file.Bytes:N0} bytes, SHA-256 {file.Sha256}"));
        }

        Console.WriteLine(card.Split is { } split ? Trunk(card, split) : "no trunk: crops are run one by one");
        Console.WriteLine(card.Golden is { } golden
            ? string.Create(
                CultureInfo.InvariantCulture, $"golden crop {golden.Seed}: its logits are known to {golden.Tolerance} of the largest")
            : "no golden crop: the card does not say what the graph must answer");
        if (card.Quantization is { } made)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{made.Precision} of {made.FromName} version {made.FromVersion}, calibrated on {made.CalibrationImages} photographs; "
                + $"on {made.Images} of {made.DataSet} top-1 error {made.Top1ErrorBefore:P2} → {made.Top1ErrorAfter:P2}")
                + (ErrorRates.HasTop5(card.Labels.Count)
                    ? string.Create(
                        CultureInfo.InvariantCulture, $", top-5 error {made.Top5ErrorBefore:P2} → {made.Top5ErrorAfter:P2}")
                    : ""));
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
