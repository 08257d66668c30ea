namespace AlexNetService.Worker.Import;

/// <summary><c>alexnet import</c>: weights that were trained elsewhere → a package, compared with torch as in an export.</summary>
internal sealed class ImportCommand : Command
{
    private readonly Option<string?> weights = CommonOptions.Text(
        "--weights", "File of torch.save (.pth, .pt) with a state dict, or safetensors. Required.");

    private readonly Option<string?> preset = CommonOptions.Preset();

    private readonly Option<string?> labels = CommonOptions.Text(
        "--labels",
        "Class names in the order of the outputs: a line each (id TAB name, or name), or JSON. "
            + "Default: the names in the file, or class-N.");

    private readonly Option<string?> meanColour = CommonOptions.Text(
        "--mean-colour",
        "Mean R,G,B that the network subtracts, 0 to 255. Default: the colour in the file; alexnet-torchvision: ImageNet's.");

    private readonly Option<string?> repository = CommonOptions.Repository("models");
    private readonly Option<string?> name = CommonOptions.ModelName("the preset's");
    private readonly Option<int?> version = CommonOptions.ModelVersion();
    private readonly Option<string?> data = CommonOptions.Text("--data", "Photographs for the parity check, labelled or not.");
    private readonly Option<int> threads = CommonOptions.Threads();
    private readonly CancellationToken stop;

    public ImportCommand(CancellationToken stop)
        : base("import", """
            Make a package from weights that were trained elsewhere: torchvision's alexnet, with any number of classes, or a file of
            'alexnet export --format safetensors'. No code in the file is run. The graph is compared with torch as in an export.

            Example: alexnet import --weights alexnet-owt-7be5be79.pth --labels imagenet_classes.txt --name torchvision
            """)
    {
        this.stop = stop;
        preset.Description += " Default: the one that fits the names and sizes of the weights.";
        this.AddAll(weights, preset, labels, meanColour, repository, name, version, data, threads);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        TorchRuntime.Prepare(parsed.GetValue(threads));
        var path = parsed.GetValue(weights) ?? throw new InputException("Name the --weights to import.");
        var network = ImportSource.Read(path, parsed.GetValue(preset), parsed.GetValue(labels), Colour(parsed.GetValue(meanColour)));
        stop.ThrowIfCancellationRequested();
        var (table, parameters) = (network.Architecture, network.Architecture.Rows().Sum(row => row.Parameters));
        Console.WriteLine($"read {path}: {table.Preset}, {table.Classes} classes, {parameters:N0} parameters");
        var packages = new PackageRepository(parsed.GetValue(repository) ?? "models");
        var model = parsed.GetValue(name) ?? table.Preset;
        var next = parsed.GetValue(version) ?? packages.NextVersion(model);
        return PackageExport.Printed(PackageExport.Publish(
            new ExportSource(network), packages, model, next, parsed.GetValue(data), parsed.GetValue(threads), stop));
    }

    private static double[]? Colour(string? text)
    {
        double?[]? colour = text is null ? null : Array.ConvertAll(text.Split(','), CommonOptions.NumberOf);
        return colour is null ? null
            : colour is [>= 0 and <= 255, >= 0 and <= 255, >= 0 and <= 255] ? [.. colour.OfType<double>()]
            : throw new InputException($"--mean-colour takes three numbers of 0 to 255 such as 123.7,116.3,103.5, not '{text}'.");
    }
}
