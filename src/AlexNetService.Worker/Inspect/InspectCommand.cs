using System.CommandLine;
using System.Globalization;
using AlexNetService.Laboratory.Measure;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Data;
using Spectre.Console;

namespace AlexNetService.Worker.Inspect;

/// <summary><c>alexnet inspect</c>: the layer table of a preset or a package, with shapes, parameters and multiply-adds.</summary>
internal static class InspectCommand
{
    private const int UsualPhotographs = 64;
    private const int UsualBatch = 128;

    public static Command Create(CancellationToken stop)
    {
        var preset = CommonOptions.Preset();
        var package = new Option<string?>("--package") { Description = "Package folder, …/NAME/VERSION." };
        var classes = new Option<int?>("--classes") { Description = "Classes of the preset. Default: 1000 for alexnet, 10 for alexnet-cifar." };
        var exchange = new Option<bool>("--exchange") { Description = "Also print what the devices of the columns send each other in a step of training." };
        var batch = new Option<int>("--batch-size") { Description = "Crops in that step.", DefaultValueFactory = _ => UsualBatch };
        var data = new Option<string?>("--data")
        {
            Description = "Photographs: also print what the layers of the package give for them, before and after response normalisation.",
        };
        var photographs = new Option<int>("--photographs")
        {
            Description = "How many of them, spread evenly over the data set.",
            DefaultValueFactory = _ => UsualPhotographs,
        };
        var threads = CommonOptions.Threads();
        var command = new Command("inspect", """
            Print the layer table of a preset or package: output shapes, parameters, multiply-adds of one crop.

            Example: alexnet inspect --preset alexnet --exchange
            Example: alexnet inspect --package models/first/1 --data photographs.zip
            """)
        {
            preset, package, classes, exchange, batch, data, photographs, threads,
        };
        command.SetAction(parsed =>
        {
            if ((parsed.GetValue(preset) is null) == (parsed.GetValue(package) is null))
            {
                throw new InputException("Name either a --preset or a --package.");
            }

            var opened = parsed.GetValue(package) is { } folder ? ModelPackage.Open(folder) : null;
            var architecture = parsed.GetValue(preset) is { } name
                ? CommonOptions.Architecture(name, parsed.GetValue(classes) ?? AlexNetLayers.UsualClasses(name))
                : opened?.Card.Architecture;
            if (opened is not null)
            {
                PrintPackage(opened);
            }

            if (architecture is not null)
            {
                LayerTable.Print(architecture, AnsiConsole.Console);
            }

            if (parsed.GetValue(exchange))
            {
                ExchangeTable.Print(
                    architecture ?? throw new InputException("The card holds no layer table, so that nobody knows its columns."),
                    Positive(parsed, batch),
                    AnsiConsole.Console);
            }

            if (parsed.GetValue(data) is { } path)
            {
                using var source = DataSetOpener.Open(path, labelled: false);
                var found = ActivationStatistics.Of(
                    opened ?? throw new InputException("A preset has learned nothing; name the --package to run on --data."),
                    source,
                    Positive(parsed, photographs),
                    parsed.GetValue(threads),
                    stop);
                ActivationTable.Print(found, Math.Min(parsed.GetValue(photographs), source.Photographs.Count), AnsiConsole.Console);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static int Positive(ParseResult parsed, Option<int> option) =>
        parsed.GetValue(option) is > 0 and var value ? value : throw new InputException($"{option.Name} must be 1 or more.");

    private static void PrintPackage(ModelPackage package)
    {
        var card = package.Card;
        Console.WriteLine($"{card.Name} version {card.Version}: {card.Labels.Count} classes, crops of {card.Preprocessing.Crop} from a canvas of {card.Preprocessing.Canvas}");
        foreach (var file in card.Files)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{file.File}: {file.Bytes:N0} bytes, SHA-256 {file.Sha256}"));
        }

        PrintHowItRuns(card);
        foreach (var metric in card.Metrics)
        {
            Console.WriteLine($"{metric.DataSet} {metric.Split}, {metric.Images} photographs, {metric.Crops} crops: top-1 error {metric.Top1Error:P2}, top-5 error {metric.Top5Error:P2}");
        }

        if (card.Architecture is null)
        {
            Console.WriteLine("The card holds no layer table: a foreign graph.");
        }
    }

    private static void PrintHowItRuns(ModelCard card)
    {
        if (card.Split is { } split)
        {
            var layers = card.Architecture is { } table && SharedTrunk.Of(table) is { } trunk
                ? $", {trunk.Layers} layers to {table.Layers[trunk.Layers - 1].Name}"
                : "";
            Console.WriteLine(
                $"trunk for the whole canvas{layers}: {split.Count} maps {split.Maps} of {split.CanvasSide}×{split.CanvasSide}, "
                + $"of which a crop has {split.CropSide}×{split.CropSide}, {split.Step} pixels apart");
        }
        else
        {
            Console.WriteLine("no trunk: crops are run one by one");
        }

        Console.WriteLine(card.Golden is { } golden
            ? string.Create(
                CultureInfo.InvariantCulture, $"golden crop {golden.Seed}: its logits are known to {golden.Tolerance} of the largest")
            : "no golden crop: nobody noted what the graph must answer");
        if (card.Quantization is { } made)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{made.Precision} of {made.FromName} version {made.FromVersion}, calibrated on {made.CalibrationImages} photographs; "
                + $"on {made.Images} of {made.DataSet} top-1 error {made.Top1ErrorBefore:P2} → {made.Top1ErrorAfter:P2}, "
                + $"top-5 error {made.Top5ErrorBefore:P2} → {made.Top5ErrorAfter:P2}"));
        }
    }
}
