using System.Globalization;
using AlexNetService.ModelSpec.Package;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace AlexNetService.Inference.Sessions;

/// <summary>
/// Checks the graph that ends in the answers against its card: the input by its declaration, the outputs by a run on black crops, because
/// many graphs leave output dimensions open. A run on noise finds a graph that can only answer black ones.
/// </summary>
internal sealed class GraphInspection(ModelPackage package, InferenceSession runtime)
{
    /// <summary>Seed of the pixels of noise; see <see cref="GoldenCrop.Pixels"/>.</summary>
    public const uint NoiseSeed = 2;

    // Graphs in half precision keep three digits.
    private const double SoftmaxTolerance = 5e-3;

    private readonly ModelCard card = package.Card;

    /// <summary>Checks a graph that is the whole network: it takes pixels.</summary>
    /// <returns>The input, the only batch size that the graph takes or null where it takes any, and the card's outputs.</returns>
    /// <exception cref="InvalidPackageException">Graph and card disagree.</exception>
    public (GraphTensor Input, int? FixedBatch, IReadOnlyList<GraphTensor> Outputs) Check()
    {
        var expected = GraphTensor.OfPixels(card.Tensors.Input, card.Preprocessing, card.Preprocessing.Crop);
        var fixedBatch = RequireInput(expected);

        // Two crops where any number is allowed: that finds a graph whose outputs are bound to one crop.
        var crops = fixedBatch ?? 2;
        using var black = OrtValue.CreateAllocatedTensorValue(
            OrtAllocator.DefaultInstance, expected.Type, [crops, .. expected.RowShape]);
        black.GetTensorMutableRawData().Clear();
        var pixels = new byte[crops * expected.Values];
        GoldenCrop.Pixels(NoiseSeed, pixels);
        using var noise = PixelPacking.Tensor(card.Preprocessing, card.Preprocessing.Crop, pixels);
        return (expected, fixedBatch, Outputs(expected, black, noise, crops));
    }

    /// <summary>
    /// Checks a graph that is the rest of a split network: it takes maps, of which those of two black crops and of two crops of noise are
    /// given.
    /// </summary>
    /// <exception cref="InvalidPackageException">Graph and card disagree.</exception>
    public IReadOnlyList<GraphTensor> CheckRest(GraphTensor expected, OrtValue ofBlack, OrtValue ofNoise) =>
        RequireInput(expected) is { } batch
        ? throw Refused($"input '{expected.Name}' of the rest takes a batch of {batch} only; it must take any.")
        : Outputs(expected, ofBlack, ofNoise, crops: 2);

    /// <returns>The only batch size the graph takes, or null where it takes any.</returns>
    private int? RequireInput(GraphTensor expected)
    {
        if (!runtime.InputMetadata.TryGetValue(expected.Name, out var input))
        {
            throw Refused($"the graph has no input '{expected.Name}'; it has {Names(runtime.InputNames)}.");
        }

        if (runtime.InputNames.Count > 1)
        {
            throw Refused($"the graph has inputs {Names(runtime.InputNames)}; only '{expected.Name}' can be given.");
        }

        if (!input.IsTensor || input.ElementDataType != expected.Type)
        {
            var found = input.IsTensor ? $"{input.ElementDataType}" : $"{input.OnnxValueType}";
            throw Refused($"input '{expected.Name}' is {found} where the card says {expected.Type}.");
        }

        if (input.Dimensions is not { Length: 4 } declared)
        {
            throw Refused($"input '{expected.Name}' is {Show(input.Dimensions)} and must have four dimensions.");
        }

        int? fixedBatch = declared[0] > 0 ? declared[0] : null;
        for (var i = 0; i < expected.RowShape.Length; i++)
        {
            if (declared[i + 1] > 0 && declared[i + 1] != expected.RowShape[i])
            {
                var shape = Show([fixedBatch ?? -1, .. expected.RowShape]);
                throw Refused($"input '{expected.Name}' is {Show(declared)} where the card says {shape}.");
            }
        }

        return fixedBatch;
    }

    private List<GraphTensor> Outputs(GraphTensor input, OrtValue black, OrtValue noise, int crops)
    {
        (OutputKinds Kind, string? Name)[] wanted =
        [
            (OutputKinds.Probabilities, card.Tensors.Probabilities),
            (OutputKinds.Logits, card.Tensors.Logits),
            (OutputKinds.Features, card.Tensors.Features),
        ];
        var named = wanted.Where(output => output.Name is not null).Select(output => (output.Kind, Name: output.Name ?? "")).ToArray();
        if (named.FirstOrDefault(output => !runtime.OutputMetadata.ContainsKey(output.Name)) is { Name: { } missing })
        {
            throw Refused($"the graph has no output '{missing}'; it has {Names(runtime.OutputNames)}.");
        }

        string[] names = [.. named.Select(output => output.Name)];
        using var found = Probe(input, black, crops, names);
        var outputs = named.Select((output, i) => Output(output.Kind, output.Name, found[i], crops)).ToList();
        using var ofNoise = Probe(input, noise, crops, names);
        foreach (var (place, name) in names.Index())
        {
            RequireFinite(name, ofNoise[place], "a crop of noise");
        }

        if (Place(OutputKinds.Logits) is >= 0 and var logits && Place(OutputKinds.Probabilities) is >= 0 and var probabilities)
        {
            RequireSoftmax(found[logits].GetTensorDataAsSpan<float>(), found[probabilities].GetTensorDataAsSpan<float>());
        }

        return outputs;

        int Place(OutputKinds kind) => Array.FindIndex(named, output => output.Kind == kind);
    }

    /// <summary>
    /// Evaluation fits a temperature to the logits of the served graph, so probabilities must be their softmax. A temperature that was
    /// only written into the card would have no effect.
    /// </summary>
    private void RequireSoftmax(ReadOnlySpan<float> logits, ReadOnlySpan<float> probabilities)
    {
        var temperature = card.Calibration?.Temperature ?? 1;
        var expected = new float[card.Labels.Count];
        Softmax.Row(logits[..expected.Length], temperature, expected);
        for (var i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(expected[i] - probabilities[i]) <= SoftmaxTolerance))
            {
                var divided = temperature == 1
                    ? ""
                    : string.Create(CultureInfo.InvariantCulture, $" divided by the card's temperature {temperature}");
                throw Refused(
                    $"output '{card.Tensors.Probabilities}' is not the softmax of '{card.Tensors.Logits}'{divided}. "
                    + "Name only one of them in the card"
                    + (card.Calibration is null ? "." : ", or write the temperature with 'alexnet export', which puts it into the graph."));
            }
        }
    }

    private IDisposableReadOnlyCollection<OrtValue> Probe(GraphTensor input, OrtValue pixels, int crops, string[] outputs)
    {
        try
        {
            using var options = new RunOptions();
            return runtime.Run(options, [input.Name], [pixels], outputs);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidPackageException(
                package.Folder, $"the graph does not run on {crops} crops as the card describes them: {e.Message}", e);
        }
    }

    private GraphTensor Output(OutputKinds kind, string name, OrtValue value, int crops)
    {
        var found = value.GetTensorTypeAndShape();
        if (found.ElementDataType != TensorElementType.Float)
        {
            throw Refused($"output '{name}' is {found.ElementDataType} and must be {TensorElementType.Float}.");
        }

        if (found.Shape is not [var rows, .. { Length: > 0 } cropShape] || rows != crops)
        {
            throw Refused($"output '{name}' is {Show(found.Shape)} for {crops} crops; it must have a row for each.");
        }

        var output = new GraphTensor(name, TensorElementType.Float, cropShape, kind);
        if (kind != OutputKinds.Features && output.Values != card.Labels.Count)
        {
            throw Refused($"output '{name}' has {output.Values} values a crop where the card has {card.Labels.Count} labels.");
        }

        RequireFinite(name, value, "a black crop");
        return output;
    }

    private void RequireFinite(string name, OrtValue value, string crop)
    {
        foreach (var number in value.GetTensorDataAsSpan<float>())
        {
            if (!float.IsFinite(number))
            {
                throw Refused($"output '{name}' is {number} for {crop}. Export the graph again.");
            }
        }
    }

    private InvalidPackageException Refused(string reason) => new(package.Folder, reason);

    private static string Names(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"'{name}'"));

    private static string Show<T>(IEnumerable<T> dimensions) =>
        $"[{string.Join(',', dimensions.Select(dimension => $"{dimension}" is "-1" ? "N" : $"{dimension}"))}]";
}
