using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Inference.Sessions;

/// <summary>A graph of a package, open in ONNX Runtime.</summary>
internal sealed class ModelGraph : IDisposable
{
    private ModelGraph(InferenceSession session, bool isElsewhere) => (Session, IsElsewhere) = (session, isElsewhere);

    public InferenceSession Session { get; }

    public RunOptions RunOptions { get; } = new();

    /// <summary>Whether tensors must be copied to the device and back.</summary>
    public bool IsElsewhere { get; }

    /// <summary>Opens the graph that cuts windows out of maps. It always opens where the device works.</summary>
    /// <param name="type">Element type of the maps.</param>
    /// <param name="target">The device.</param>
    /// <param name="options">Options for a session there.</param>
    /// <exception cref="DeviceUnavailableException">The device does not work.</exception>
    public static ModelGraph OpenCut(MapType type, ExecutionTarget target, SessionOptions options)
    {
        try
        {
            return new ModelGraph(new InferenceSession(WindowCut.Graph(GraphTensor.TypeOf(type)), options), target.IsElsewhere);
        }
        catch (OnnxRuntimeException e)
        {
            throw target.Unavailable(e);
        }
    }

    /// <exception cref="InvalidPackageException">ONNX Runtime cannot open it.</exception>
    public static ModelGraph Open(ModelPackage package, GraphFile file, ExecutionTarget target, SessionOptions options)
    {
        try
        {
            return new ModelGraph(new InferenceSession(Path.Combine(package.Folder, file.File), options), target.IsElsewhere);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidPackageException(package.Folder, $"ONNX Runtime cannot open {file.File}: {e.Message}", e);
        }
    }

    public void Dispose()
    {
        RunOptions.Dispose();
        Session.Dispose();
    }
}

/// <summary>The tensors of the graph that ends in the answers: the whole network, or the rest of a split one.</summary>
/// <param name="Input">Its only input: pixels, or the maps of a trunk.</param>
/// <param name="FixedBatch">The only batch size that the graph takes, or null where it takes any.</param>
/// <param name="Outputs">The outputs that the card names.</param>
internal sealed record AnswerTensors(GraphTensor Input, int? FixedBatch, IReadOnlyList<GraphTensor> Outputs)
{
    private readonly OutputKinds has = Outputs.Aggregate((OutputKinds)0, (kinds, output) => kinds | output.Kind);

    public GraphTensor? Find(OutputKinds kind) => Outputs.FirstOrDefault(output => output.Kind == kind);

    /// <summary>The tensors that must be computed to answer; logits stand in where the graph has no softmax.</summary>
    public OutputKinds Needed(OutputKinds kinds) =>
        kinds.HasFlag(OutputKinds.Probabilities) && !has.HasFlag(OutputKinds.Probabilities)
            ? (kinds & ~OutputKinds.Probabilities) | OutputKinds.Logits
            : kinds;
}

/// <summary>The tensors of the trunk of a split network, which runs on canvases and on crops.</summary>
/// <param name="Split">Geometry of the maps.</param>
/// <param name="CanvasPixels">Its input for a canvas.</param>
/// <param name="CanvasMaps">Its output for a canvas.</param>
/// <param name="CropPixels">Its input for a crop.</param>
/// <param name="CropMaps">Its output for a crop, and the input of the rest.</param>
internal sealed record TrunkTensors(
    SplitGraph Split, GraphTensor CanvasPixels, GraphTensor CanvasMaps, GraphTensor CropPixels, GraphTensor CropMaps)
{
    /// <param name="split">Geometry of the maps.</param>
    /// <param name="input">Geometry of canvas and crops.</param>
    /// <param name="name">Name of the trunk's input.</param>
    public static TrunkTensors Of(SplitGraph split, Preprocessing input, string name)
    {
        return new TrunkTensors(
            split, Pixels(input.Canvas), Maps(split.CanvasSide), Pixels(input.Crop), Maps(split.CropSide));

        GraphTensor Pixels(int side) => new(name, GraphTensor.TypeOf(input.Type), [NetworkArchitecture.Channels, side, side]);

        GraphTensor Maps(int side) => new(split.Maps, GraphTensor.TypeOf(split.Type), [split.Count, side, side]);
    }
}
