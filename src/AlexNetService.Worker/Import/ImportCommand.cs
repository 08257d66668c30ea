using System.CommandLine;
using System.Globalization;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Network;
using AlexNetService.Worker.Export;

namespace AlexNetService.Worker.Import;

/// <summary><c>alexnet import</c>: weights that were trained elsewhere → a package, held against torch like an export.</summary>
internal static class ImportCommand
{
    public static Command Create(CancellationToken stop)
    {
        var weights = new Option<string?>("--weights")
        {
            Description = "File of torch.save (.pth, .pt) holding a state dict, or safetensors. Needed.",
        };
        var preset = CommonOptions.Preset();
        preset.Description += " Default: the one that the weights' names and sizes fit.";
        var labels = new Option<string?>("--labels")
        {
            Description = "Class names in the order of the outputs: a line each (id TAB name, or name), or JSON. "
                + "Default: what the file says, or class-N.",
        };
        var meanColour = new Option<string?>("--mean-colour")
        {
            Description = "Mean R,G,B that the network subtracts, 0 to 255. Default: what the file says; alexnet-torchvision: ImageNet's.",
        };
        var repository = new Option<string?>("--repository")
        {
            Description = "Folder of packages; the package goes to REPOSITORY/NAME/VERSION. Default: models.",
        };
        var name = new Option<string?>("--name") { Description = "Name of the model. Default: the preset's." };
        var version = new Option<int?>("--model-version") { Description = "Version of the model. Default: one more than the newest." };
        var data = new Option<string?>("--data") { Description = "Photographs for the parity check, labelled or not." };
        var threads = CommonOptions.Threads();
        var command = new Command("import", """
            Make a package of weights that were trained elsewhere: torchvision's alexnet, also with another number of classes, or what
            'alexnet export --format safetensors' wrote. No code in the file is run. The graph is held against torch as in an export.

            Example: alexnet import --weights alexnet-owt-7be5be79.pth --labels imagenet_classes.txt --name torchvision
            """)
        {
            weights, preset, labels, meanColour, repository, name, version, data, threads,
        };
        command.SetAction(parsed =>
        {
            TorchRuntime.Prepare(parsed.GetValue(threads));
            var path = parsed.GetValue(weights) ?? throw new InputException("Name the --weights to import.");
            var source = ImportSource.Read(path, parsed.GetValue(preset), parsed.GetValue(labels), Colour(parsed.GetValue(meanColour)));
            stop.ThrowIfCancellationRequested();
            var (table, parameters) = (source.Architecture, source.Architecture.Rows().Sum(row => row.Parameters));
            Console.WriteLine($"read {path}: {table.Preset}, {table.Classes} classes, {parameters:N0} parameters");
            var packages = new PackageRepository(parsed.GetValue(repository) ?? "models");
            var model = parsed.GetValue(name) ?? table.Preset;
            var package = PackageExport.Publish(
                source,
                packages,
                model,
                parsed.GetValue(version) ?? packages.NextVersion(model),
                parsed.GetValue(data),
                parsed.GetValue(threads),
                stop);
            Console.WriteLine($"published {package.Folder} ({package.Card.Files.Sum(file => file.Bytes):N0} bytes)");
            return ExitCode.Done;
        });
        return command;
    }

    private static double[]? Colour(string? text)
    {
        if (text is null)
        {
            return null;
        }

        double[] colour =
        [
            .. text.Split(',').Select(part =>
                double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : double.NaN),
        ];
        return colour.Length == NetworkArchitecture.Channels && Array.TrueForAll(colour, value => value is >= 0 and <= 255)
            ? colour
            : throw new InputException($"--mean-colour takes three numbers of 0 to 255 such as 123.7,116.3,103.5, not '{text}'.");
    }
}
