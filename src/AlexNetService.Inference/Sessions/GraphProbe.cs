using AlexNetService.ModelSpec.Package;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Inference.Sessions;

/// <summary>
/// A graph with more outputs than its package's card names, for tools that look inside a network. Takes crops as
/// <see cref="ModelSession"/> does.
/// </summary>
public sealed class GraphProbe : IDisposable
{
    // Folder of the external data of a graph that is given as bytes.
    private const string WeightsFolder = "session.model_external_initializers_file_folder_path";

    private readonly ModelCard card;
    private readonly InferenceSession runtime;
    private readonly RunOptions runOptions = new();

    private GraphProbe(ModelCard card, InferenceSession runtime) => (this.card, this.runtime) = (card, runtime);

    /// <summary>Reads the values of a tensor for all crops of a run, row-major; valid during the call.</summary>
    public delegate void TensorReader(string name, ReadOnlySpan<float> values);

    /// <summary>Opens a graph: a serialised ModelProto with the input and the weights of a package.</summary>
    /// <exception cref="InvalidPackageException">ONNX Runtime cannot open it.</exception>
    /// <exception cref="DeviceUnavailableException">The device does not exist, or this build does not support it.</exception>
    public static GraphProbe Open(byte[] graph, ModelPackage package, RuntimeOptions options)
    {
        using var sessionOptions = ExecutionTarget.Of(options, package.Card.Name).Configure(options);
        sessionOptions.AddSessionConfigEntry(WeightsFolder, Path.GetFullPath(package.Folder));
        try
        {
            return new GraphProbe(package.Card, new InferenceSession(graph, sessionOptions));
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidPackageException(package.Folder, $"ONNX Runtime cannot open the graph: {e.Message}", e);
        }
    }

    /// <summary>Runs crops, [count,3,crop,crop], 0..255, red plane first, and reads named tensors of 32-bit floats.</summary>
    public void Run(ReadOnlySpan<byte> crops, IReadOnlyList<string> tensors, TensorReader reader)
    {
        using var pixels = PixelPacking.Tensor(card.Preprocessing, card.Preprocessing.Crop, crops);
        using var values = runtime.Run(runOptions, [card.Tensors.Input], [pixels], tensors);
        for (var i = 0; i < tensors.Count; i++)
        {
            reader(tensors[i], values[i].GetTensorDataAsSpan<float>());
        }
    }

    /// <summary>Frees the graph.</summary>
    public void Dispose()
    {
        runOptions.Dispose();
        runtime.Dispose();
    }
}
