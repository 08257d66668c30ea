using System.Text.Encodings.Web;

namespace AlexNetService.ModelSpec.Package;

/// <summary>The content of <c>card.json</c>: everything needed to use the graph beside it and to trust it.</summary>
public sealed record ModelCard
{
    /// <summary>The card format that this software writes and reads.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Version of the card's layout.</summary>
    [JsonRequired]
    public int Format { get; init; } = CurrentFormat;

    /// <summary>Name of the model; also of its folder.</summary>
    public required string Name { get; init; }

    /// <summary>Version of the model, from 1; also of the folder inside that.</summary>
    public required int Version { get; init; }

    /// <summary>The layer table, or null for a graph of other software.</summary>
    public NetworkArchitecture? Architecture { get; init; }

    /// <summary>How a photograph becomes the graph's input.</summary>
    public required Preprocessing Preprocessing { get; init; }

    /// <summary>Names of the graph's input and outputs.</summary>
    public required TensorNames Tensors { get; init; }

    /// <summary>The classes, in the order of the graph's output.</summary>
    public required IReadOnlyList<ClassLabel> Labels { get; init; }

    /// <summary>Errors on labelled photographs; empty if none was measured.</summary>
    // The generated reader sets fields that the JSON leaves out to null, whatever their initialiser.
    public IReadOnlyList<ErrorMetric> Metrics { get; init => field = value ?? []; } = [];

    /// <summary>
    /// The calibration, or null if probabilities are the plain softmax of the logits. With a calibration they are
    /// softmax(logits / temperature). A graph that gives probabilities includes the division; code that computes probabilities from a
    /// graph's logits divides by the temperature first.
    /// </summary>
    public Calibration? Calibration { get; init; }

    /// <summary>How often first predictions are right, by their probability, or null if that was not measured.</summary>
    public ConfidenceTable? Confidence { get; init; }

    /// <summary>The model's weight in the mean of an ensemble, relative to the other members; above 0, null means 1.</summary>
    public double? EnsembleWeight { get; init; }

    /// <summary>The training of the weights, or null if they were not trained.</summary>
    public TrainingManifest? Training { get; init; }

    /// <summary>The source file of imported weights, or null if this software trained them.</summary>
    public WeightOrigin? ImportedFrom { get; init; }

    /// <summary>The quantization of the package, or null if it computes in 32-bit floats.</summary>
    public Quantization? Quantization { get; init; }

    /// <summary>The graph's answer to a known crop, or null if none was recorded.</summary>
    public GoldenCrop? Golden { get; init; }

    /// <summary>The whole network in one graph, for any software.</summary>
    public required GraphFile Graph { get; init; }

    /// <summary>
    /// The file of weights that the package's graphs point into (ONNX external data), so that no weight is stored twice; null if the graph
    /// holds its weights.
    /// </summary>
    public GraphFile? Weights { get; init; }

    /// <summary>The network as two graphs, or null if its crops cannot share layers and run one by one.</summary>
    public SplitGraph? Split { get; init; }

    /// <summary>A picture (PNG) of the first convolution's filters, column by column; null if the package has none.</summary>
    public GraphFile? Filters { get; init; }

    /// <summary>Every file of the package except the card: the graph, and weights, trunk, rest and filters if there are any.</summary>
    [JsonIgnore]
    public IReadOnlyList<GraphFile> Files => [.. new[] { Graph, Weights, Split?.Trunk, Split?.Rest, Filters }.OfType<GraphFile>()];
}

/// <summary>One class.</summary>
/// <param name="Index">Place in the graph's output, from 0.</param>
/// <param name="Id">Stable identifier, such as a WordNet synset (<c>n02123045</c>) or a folder name.</param>
public sealed record ClassLabel(int Index, string Id, string Name)
{
    /// <summary>Whether two lists have the same classes in the same order, by identifier, so that their outputs can be compared.</summary>
    public static bool AreSame(IReadOnlyList<ClassLabel> left, IReadOnlyList<ClassLabel> right) =>
        left.Select(label => label.Id).SequenceEqual(right.Select(label => label.Id), StringComparer.Ordinal);
}

/// <summary>A file of the package.</summary>
/// <param name="Sha256">SHA-256 of the file, lower-case hexadecimal.</param>
public sealed record GraphFile(string File, string Sha256, long Bytes);

/// <summary>Names of the graph's tensors. Logits, probabilities or both must be given.</summary>
/// <param name="Input">The crops: [N,3,crop,crop] or [N,crop,crop,3].</param>
/// <param name="Logits">Logits [N,classes], or null if the graph has none.</param>
/// <param name="Probabilities">Softmax of the logits [N,classes], or null if the graph has none.</param>
/// <param name="Features">Feature vector [N,features], or null if the graph has none.</param>
public sealed record TensorNames(string Input, string? Logits = null, string? Probabilities = null, string? Features = null);

/// <summary>An error measured on a labelled data set.</summary>
/// <param name="Split">The part of it, such as <c>validation</c>.</param>
/// <param name="Crops">Crops averaged for each photograph, 1 or 10.</param>
/// <param name="Top1Error">Share of photographs whose label is not the first prediction, 0 to 1.</param>
/// <param name="Top5Error">Share of photographs whose label is not among the first five, 0 to 1.</param>
public sealed record ErrorMetric(string DataSet, string Split, int Images, int Crops, double Top1Error, double Top5Error);

/// <summary>
/// The same network as two graphs, so that the ten crops of a canvas can share their first layers (see
/// <see cref="Architecture.SharedTrunk"/>). The trunk computes the maps of a whole canvas, and the maps of a crop are a window of them. The
/// trunk also accepts crops, whose maps are the window.
/// </summary>
/// <param name="Trunk">Pixels [N,3,side,side] of canvases or crops, in the card's tensor type → maps.</param>
/// <param name="Rest">Maps of crops, [N,maps,window,window] → the outputs that the card names.</param>
/// <param name="Maps">
/// Name of the tensor between the two: the trunk's only output and the rest's only input. It may hold maps of two layers (see
/// <see cref="Architecture.SharedInside"/>).
/// </param>
/// <param name="CanvasSide">Side of a canvas's maps.</param>
/// <param name="CropSide">Side of a crop's window of them.</param>
/// <param name="Step">Canvas pixels between neighbouring places of the maps; every crop's offset is a multiple of it.</param>
public sealed record SplitGraph(
    GraphFile Trunk, GraphFile Rest, string Maps, MapType Type, int Count, int CanvasSide, int CropSide, int Step);

/// <summary>Element type of the maps between trunk and rest.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MapType>))]
public enum MapType
{
    /// <summary>32-bit floats.</summary>
    [JsonStringEnumMemberName("float32")]
    Float32,

    /// <summary>Bytes; the graphs hold scale and zero point.</summary>
    [JsonStringEnumMemberName("uint8")]
    UInt8,

    /// <summary>16-bit floats.</summary>
    [JsonStringEnumMemberName("float16")]
    Float16,
}

/// <summary>
/// A temperature fitted after training, so that a probability tells how often the model is right (Guo et al. 2017, "On Calibration of
/// Modern Neural Networks"). It is fitted on one part of the photographs and measured on another.
/// </summary>
/// <param name="Temperature">Divisor of the logits before the softmax; above 0.</param>
/// <param name="Split">The part of it, such as <c>validation</c>.</param>
/// <param name="FittedImages">Number of photographs that the temperature was fitted on.</param>
/// <param name="MeasuredImages">Number of other photographs, on which the four values below were measured.</param>
/// <param name="Crops">Crops averaged for each photograph, 1 or 10.</param>
/// <param name="EceBefore">Expected calibration error without the temperature, 0 to 1; 15 bins of equal width.</param>
/// <param name="EceAfter">The same, with the temperature.</param>
/// <param name="NllBefore">Mean negative log-likelihood without the temperature, in nats.</param>
/// <param name="NllAfter">The same, with the temperature.</param>
public sealed record Calibration(
    double Temperature,
    string DataSet,
    string Split,
    int FittedImages,
    int MeasuredImages,
    int Crops,
    double EceBefore,
    double EceAfter,
    double NllBefore,
    double NllAfter);

/// <summary>The source of a package with fewer bits, and its errors before and after: shares, 0 to 1, with ten crops.</summary>
/// <param name="Precision">Type of its weights and activations.</param>
/// <param name="CalibrationImages">Photographs that gave the ranges of the activations; 0 if no ranges are needed.</param>
/// <param name="DataSet">Name of the labelled data set of both errors.</param>
/// <param name="Images">Number of its photographs that were measured.</param>
/// <param name="Top1ErrorBefore">Top-1 error of the source package.</param>
/// <param name="Top1ErrorAfter">Top-1 error of this package.</param>
/// <param name="Top5ErrorBefore">Top-5 error of the source package.</param>
/// <param name="Top5ErrorAfter">Top-5 error of this package.</param>
public sealed record Quantization(
    Precision Precision,
    string FromName,
    int FromVersion,
    string FromSha256,
    int CalibrationImages,
    string DataSet,
    int Images,
    double Top1ErrorBefore,
    double Top1ErrorAfter,
    double Top5ErrorBefore,
    double Top5ErrorAfter);

/// <summary>The type that a package computes in.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Precision>))]
public enum Precision
{
    /// <summary>8-bit weights with a scale for each output, 8-bit activations with a scale for each tensor.</summary>
    [JsonStringEnumMemberName("int8")]
    Int8,

    /// <summary>16-bit floats, for devices that support them.</summary>
    [JsonStringEnumMemberName("fp16")]
    Float16,
}

/// <summary>The training of the weights, complete enough to repeat it.</summary>
public sealed record TrainingManifest
{
    /// <summary>The recipe: learning rate, momentum, decay, augmentation; keys and units are those of Training's recipe.</summary>
    public required JsonElement Recipe { get; init; }

    /// <summary>Seed of every generator of the run.</summary>
    public required int Seed { get; init; }

    /// <summary>Name of the training data, without its path.</summary>
    public required string DataSet { get; init; }

    /// <summary>SHA-256 over the names and lengths of the training photographs, lower-case hexadecimal.</summary>
    public required string DataSetSha256 { get; init; }

    /// <summary>Photographs trained on.</summary>
    public required int TrainingImages { get; init; }

    /// <summary>Photographs held out.</summary>
    public required int ValidationImages { get; init; }

    /// <summary>Epochs finished.</summary>
    public required int Epochs { get; init; }

    /// <summary>Steps of the next epoch, or null if the weights are those of a finished epoch.</summary>
    public int? StepsBeyond { get; init; }

    /// <summary>The training of the initial weights, or null if they were drawn at random or nothing is known about it.</summary>
    public TrainingManifest? BegunWith { get; init; }

    /// <summary>The package or file of the initial weights, or null if they were drawn at random or are those of a run.</summary>
    public WeightOrigin? BegunFrom { get; init; }

    /// <summary>Start of training, UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>End of the last epoch or step, UTC.</summary>
    public required DateTimeOffset Finished { get; init; }

    /// <summary>Versions of this software, TorchSharp and .NET.</summary>
    public required IReadOnlyDictionary<string, string> Software { get; init; }
}

/// <summary>The source of weights that were not drawn: an imported file, or the package or file that training began with.</summary>
/// <param name="File">Name of the file without its path, or the package as <c>name/version</c>.</param>
/// <param name="Sha256">SHA-256 of the file, or of the package's graph; lower-case hexadecimal.</param>
public sealed record WeightOrigin(string File, string Sha256);

/// <summary>The JSON format of cards: camelCase, indented, labels readable (a card is a file, never part of a page).</summary>
[JsonSerializable(typeof(ModelCard))]
[JsonSerializable(typeof(EnsembleCard))]
internal sealed partial class CardJson : JsonSerializerContext
{
    public static CardJson Format { get; } = Make(indented: true);

    /// <summary>The same format on one line, for parts of a card inside other files.</summary>
    public static CardJson Line { get; } = Make(indented: false);

    private static CardJson Make(bool indented) => new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = indented,
        RespectNullableAnnotations = true,
        // A layer's "kind" need not be its first key, because people and tools reorder keys.
        AllowOutOfOrderMetadataProperties = true,
        RespectRequiredConstructorParameters = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
