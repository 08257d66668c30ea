using System.CommandLine;
using System.Globalization;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using Spectre.Console;

namespace AlexNetService.Worker.Inspect;

/// <summary><c>alexnet inspect</c>: the layer table of a preset or a package, with shapes, parameters and multiply-adds.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        var preset = CommonOptions.Preset();
        var package = new Option<string?>("--package") { Description = "Package folder, …/NAME/VERSION." };
        var classes = new Option<int?>("--classes") { Description = "Classes of the preset. Default: 1000 for alexnet, 10 for alexnet-cifar." };
        var command = new Command("inspect", """
            Print the layer table of a preset or package: output shapes, parameters, multiply-adds of one crop.

            Example: alexnet inspect --preset alexnet
            """)
        {
            preset, package, classes,
        };
        command.SetAction(parsed =>
        {
            switch ((parsed.GetValue(preset), parsed.GetValue(package)))
            {
                case ({ } name, null):
                    LayerTable.Print(CommonOptions.Architecture(name, parsed.GetValue(classes) ?? AlexNetLayers.UsualClasses(name)), AnsiConsole.Console);
                    return ExitCode.Done;
                case (null, { } folder):
                    PrintPackage(ModelPackage.Open(folder));
                    return ExitCode.Done;
                default:
                    throw new InputException("Name either a --preset or a --package.");
            }
        });
        return command;
    }

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

        if (card.Architecture is { } architecture)
        {
            LayerTable.Print(architecture, AnsiConsole.Console);
        }
        else
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
