using System.Security.Cryptography;

namespace AlexNetService.Worker.Import;

/// <summary>Reads a weight file: its layer table, weights by our names, mean colour and classes.</summary>
internal static class ImportSource
{
    private const string ClassifierWeight = "fc8.weight";

    /// <summary>Names of a long list that a message shows.</summary>
    private const int Shown = 5;

    /// <summary>Reads a file of torch.save, or safetensors. The file of class names may be null.</summary>
    /// <param name="preset">Name of the layer table, or null to find the one that fits.</param>
    /// <param name="meanColour">Mean red, green, blue, or null for the one of the file or of torchvision.</param>
    public static TrainedNetwork Read(string path, string? preset, string? labels, IReadOnlyList<double>? meanColour)
    {
        var file = ReadFile(path);
        var network = PortableWeights.Of(file, OurName) is { } own
            ? OfOurs(own, preset, meanColour)
            : OfOthers(path, file, preset, meanColour);
        InputException.ThrowIf(!network.Weights.AreFinite, $"'{path}' holds infinite values or NaN.");
        WarnOfUnused(path, file, network.Architecture);
        return network with
        {
            Labels = Classes(labels, network),
            Origin = new WeightOrigin(Path.GetFileName(path), Sha256(path)),
        };
    }

    private static SafeTensors ReadFile(string path)
    {
        if (TorchArchive.Recognises(path))
        {
            return new SafeTensors(TorchArchive.Read(path), new Dictionary<string, string>());
        }

        InputException.ThrowIf(Checkpoint.Recognises(path), $"'{path}' is a checkpoint of a run. Use: alexnet export --run \"{path}\"");
        // Eight bytes of length, then a JSON object.
        return RegularFile.ReadBeginning(path, 9) is [_, _, _, _, _, _, _, _, (byte)'{']
            ? SafeTensors.Read(path)
            : throw new InputException($"'{path}' is neither a file of torch.save (.pth, .pt) nor safetensors.");
    }

    /// <summary>A file of 'alexnet export --format safetensors', which contains everything.</summary>
    private static TrainedNetwork OfOurs(PortableWeights own, string? preset, IReadOnlyList<double>? meanColour)
    {
        InputException.ThrowIf(
            preset is not null && preset != own.Architecture.Preset,
            $"The file holds weights of '{own.Architecture.Preset}', not of '{preset}'. Leave --preset out.");
        var colours = ColourStatistics.OfMean(meanColour ?? own.MeanColour, own.Architecture);
        return new TrainedNetwork(
            own.Architecture,
            own.Weights,
            meanColour is null && own.MeanImage is { } image ? colours with { MeanImage = image } : colours,
            own.Labels,
            Manifest: null,
            Origin: null);
    }

    private static TrainedNetwork OfOthers(string path, SafeTensors file, string? preset, IReadOnlyList<double>? meanColour)
    {
        var tensors = file.Tensors.ToDictionary(tensor => OurName(tensor.Key), tensor => tensor.Value, StringComparer.Ordinal);
        var isTorchvision = file.Tensors.Keys.Any(name => TorchvisionNames.Ours(name) is not null);
        var architecture = Table(path, file, tensors, preset ?? (isTorchvision ? AlexNetLayers.Torchvision : null));
        var weights = Fitting(path, architecture, tensors);
        var colour = meanColour
            ?? (architecture.Preset == AlexNetLayers.Torchvision ? TorchvisionNames.MeanColour : null)
            ?? throw new InputException(
                $"'{path}' does not contain the mean colour that its network subtracts. Give it: --mean-colour R,G,B, each 0 to 255.");
        return new TrainedNetwork(
            architecture, weights, ColourStatistics.OfMean(colour, architecture), Labels: [], Manifest: null, Origin: null);
    }

    private static NetworkArchitecture Table(
        string path, SafeTensors file, Dictionary<string, WeightTensor> tensors, string? preset)
    {
        if (!tensors.TryGetValue(ClassifierWeight, out var classifier) || classifier.Dimensions is not [var classes, _])
        {
            throw new InputException(
                $"'{path}' has no known last layer: no [classes, inputs] named {ClassifierWeight} "
                + $"or, as in torchvision's alexnet, {TorchvisionNames.Theirs(ClassifierWeight)}. "
                + $"It holds {file.Tensors.Count} tensors: {First(file.Tensors.Keys)}");
        }

        if (preset is not null)
        {
            return CommonOptions.Architecture(preset, classes);
        }

        NetworkArchitecture[] fitting =
        [
            .. AlexNetLayers.Presets.Select(name => CommonOptions.Architecture(name, classes)).Where(table => table.Weights().All(
                shape => tensors.TryGetValue(shape.Name, out var tensor) && tensor.Dimensions.SequenceEqual(shape.Dimensions))),
        ];
        return fitting.Length == 1 ? fitting[0] : throw new InputException(fitting.Length == 0
            ? $"'{path}' fits none of {string.Join(", ", AlexNetLayers.Presets)}. Name the nearest with --preset to see the difference."
            : $"'{path}' fits {string.Join(" and ", fitting.Select(table => table.Preset))}. Name one with --preset.");
    }

    private static NamedWeights Fitting(string path, NetworkArchitecture architecture, Dictionary<string, WeightTensor> tensors)
    {
        try
        {
            return new NamedWeights(architecture, tensors);
        }
        catch (ArchitectureException e)
        {
            throw new InputException($"'{path}' does not fit '{architecture.Preset}': {e.Message}{Translation(architecture)}");
        }
    }

    /// <summary>A sentence that translates our names into those of torchvision.</summary>
    private static string Translation(NetworkArchitecture architecture) => architecture.Preset != AlexNetLayers.Torchvision
        ? ""
        : " Torchvision's names: " + string.Join(", ", architecture.Weights().Where(shape => shape.Dimensions.Count > 1)
            .Select(shape => $"{shape.Name} is {TorchvisionNames.Theirs(shape.Name)}")) + ".";

    private static void WarnOfUnused(string path, SafeTensors file, NetworkArchitecture architecture)
    {
        var used = architecture.Weights().Select(shape => shape.Name).ToHashSet(StringComparer.Ordinal);
        string[] unused = [.. file.Tensors.Keys.Where(name => !used.Contains(OurName(name)) && name != PortableWeights.MeanImageName)];
        if (unused.Length > 0)
        {
            TrainingDisplay.Warn($"{unused.Length} tensors of '{path}' are not used: {First(unused)}");
        }
    }

    private static IReadOnlyList<ClassLabel> Classes(string? labels, TrainedNetwork network)
    {
        if (labels is not null)
        {
            return LabelsFile.Read(labels, network.Architecture.Classes);
        }

        if (network.Labels.Count > 0)
        {
            return network.Labels;
        }

        TrainingDisplay.Warn(
            $"the file does not name its {network.Architecture.Classes} classes; their names are class-0, class-1, …. "
            + "Name them with --labels.");
        return ExportSource.NumberedClasses(network.Architecture.Classes);
    }

    /// <summary>The first names of a list, for messages.</summary>
    private static string First(IEnumerable<string> names) =>
        string.Join(", ", names.Order(StringComparer.Ordinal).Take(Shown)) + (names.Skip(Shown).Any() ? ", …" : "");

    private static string OurName(string name) => TorchvisionNames.Ours(name) ?? name;

    private static string Sha256(string path)
    {
        using var stream = RegularFile.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
