namespace AlexNetService.ModelSpec.Architecture;

/// <summary>
/// Torchvision's names for the weights of its <c>alexnet</c>, and the mean colour that it subtracts (torchvision/models/alexnet.py,
/// torchvision/transforms/_presets.py). They belong to the preset <see cref="AlexNetLayers.Torchvision"/>.
/// </summary>
public static class TorchvisionNames
{
    private static readonly (string Ours, string Theirs)[] Layers =
    [
        ("conv1", "features.0"),
        ("conv2", "features.3"),
        ("conv3", "features.6"),
        ("conv4", "features.8"),
        ("conv5", "features.10"),
        ("fc6", "classifier.1"),
        ("fc7", "classifier.4"),
        ("fc8", "classifier.6"),
    ];

    /// <summary>Torchvision's mean red, green and blue of ImageNet, 0..255.</summary>
    public static IReadOnlyList<double> MeanColour { get; } = [0.485 * 255, 0.456 * 255, 0.406 * 255];

    /// <summary>Our name of a weight, such as <c>conv1.weight</c>, or null if torchvision's alexnet has no such weight.</summary>
    public static string? Ours(string theirs) => Translate(theirs, pair => (pair.Theirs, pair.Ours));

    /// <summary>Torchvision's name of a weight, or null if the preset has no such weight.</summary>
    public static string? Theirs(string ours) => Translate(ours, pair => pair);

    private static string? Translate(string name, Func<(string Ours, string Theirs), (string From, string To)> direction)
    {
        var dot = name.LastIndexOf('.');
        return dot > 0 && name[dot..] is ".weight" or ".bias"
            ? Layers.Select(direction).Where(pair => pair.From == name[..dot]).Select(pair => pair.To + name[dot..]).FirstOrDefault()
            : null;
    }
}
