using System.Text.Json.Serialization;
using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.ModelSpec.Package;

/// <summary>What <c>card.json</c> says: everything a stranger needs to use the graph beside it and to trust it.</summary>
public sealed record ModelCard
{
    /// <summary>Format of the card that this software writes and reads.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Version of the card's own layout; every card says it.</summary>
    [JsonRequired]
    public int Format { get; init; } = CurrentFormat;

    /// <summary>Name of the model; also the folder the package lies in.</summary>
    public required string Name { get; init; }

    /// <summary>Version of the model, from 1; also the folder inside the name.</summary>
    public required int Version { get; init; }

    /// <summary>The layer table, or null for a foreign graph.</summary>
    public NetworkArchitecture? Architecture { get; init; }

    /// <summary>How a photograph becomes the graph's input.</summary>
    public required Preprocessing Preprocessing { get; init; }

    /// <summary>Names of the graph's input and outputs.</summary>
    public required TensorNames Tensors { get; init; }

    /// <summary>The classes, in the order of the graph's output.</summary>
    public required IReadOnlyList<ClassLabel> Labels { get; init; }

    /// <summary>Errors measured on labelled photographs; empty where none was measured.</summary>
    // The generated reader initialises what the JSON leaves out with null, whatever stands on the right.
    public IReadOnlyList<ErrorMetric> Metrics { get; init => field = value ?? []; } = [];

    /// <summary>
    /// How the probabilities were calibrated, or null where they are the plain softmax of the logits. Where there is a record, the
    /// probabilities are softmax(logits / temperature): the graph has them so where it gives probabilities, and whoever makes
    /// probabilities from its logits divides by the temperature first.
    /// </summary>
    public Calibration? Calibration { get; init; }

    /// <summary>
    /// The model's share in the mean of an ensemble, relative to the other members'; above 0, and null means 1, an equal share.
    /// </summary>
    public double? EnsembleWeight { get; init; }

    /// <summary>How the weights came about, or null where they were never trained.</summary>
    public TrainingManifest? Training { get; init; }

    /// <summary>The file that the weights were imported from, or null where this software trained them.</summary>
    public WeightOrigin? ImportedFrom { get; init; }

    /// <summary>How the package was made smaller, or null where it computes in 32-bit floats.</summary>
    public Quantization? Quantization { get; init; }

    /// <summary>What the graph answers to a known crop, or null where nobody noted it.</summary>
    public GoldenCrop? Golden { get; init; }

    /// <summary>The whole network in one graph, its file and hash: what other software reads.</summary>
    public required GraphFile Graph { get; init; }

    /// <summary>
    /// The file of weights that the graphs of the package point into (ONNX external data), so that no weight is stored twice; null where
    /// the graph holds its weights itself.
    /// </summary>
    public GraphFile? Weights { get; init; }

    /// <summary>The network as two graphs, or null where its crops cannot share layers; it then runs crop by crop.</summary>
    public SplitGraph? Split { get; init; }

    /// <summary>A picture (PNG) of the first convolution's filters, columns apart; null where the package has none.</summary>
    public GraphFile? Filters { get; init; }

    /// <summary>Every file of the package besides the card: the graph, then weights, trunk, rest and filters where there are such.</summary>
    [JsonIgnore]
    public IReadOnlyList<GraphFile> Files => [.. new[] { Graph, Weights, Split?.Trunk, Split?.Rest, Filters }.OfType<GraphFile>()];
}

/// <summary>One class.</summary>
/// <param name="Index">Place in the graph's output, from 0.</param>
/// <param name="Id">Stable identifier, such as a WordNet synset (<c>n02123045</c>) or a folder name.</param>
/// <param name="Name">What a person calls it.</param>
public sealed record ClassLabel(int Index, string Id, string Name)
{
    /// <summary>Whether two lists name the same classes in the same order, by identifier, so that outputs of the one are outputs of the other.</summary>
    public static bool AreSame(IReadOnlyList<ClassLabel> left, IReadOnlyList<ClassLabel> right) =>
        left.Select(label => label.Id).SequenceEqual(right.Select(label => label.Id), StringComparer.Ordinal);
}

/// <summary>A file of the package.</summary>
/// <param name="File">File name inside the package folder.</param>
/// <param name="Sha256">SHA-256 of the file, lower-case hexadecimal.</param>
/// <param name="Bytes">Length of the file.</param>
public sealed record GraphFile(string File, string Sha256, long Bytes);

/// <summary>Names of the graph's tensors. At least one of logits and probabilities must be there.</summary>
/// <param name="Input">The crops: [N,3,crop,crop] or [N,crop,crop,3].</param>
/// <param name="Logits">Logits [N,classes], or null where the graph has none.</param>
/// <param name="Probabilities">Softmax of the logits [N,classes], or null where the graph has none.</param>
/// <param name="Features">Feature vector [N,features], or null where the graph has none.</param>
public sealed record TensorNames(string Input, string? Logits = null, string? Probabilities = null, string? Features = null);

/// <summary>An error measured on a labelled set.</summary>
/// <param name="DataSet">Name of the data set.</param>
/// <param name="Split">Which part of it, such as <c>validation</c>.</param>
/// <param name="Images">Number of photographs.</param>
/// <param name="Crops">Crops averaged for each photograph, 1 or 10.</param>
/// <param name="Top1Error">Share of photographs whose label is not the first prediction, 0 to 1.</param>
/// <param name="Top5Error">Share of photographs whose label is not among the first five, 0 to 1.</param>
public sealed record ErrorMetric(string DataSet, string Split, int Images, int Crops, double Top1Error, double Top5Error);
