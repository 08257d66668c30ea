using AlexNetService.ModelSpec.Architecture;
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

    private readonly InferenceSession runtime;
    private readonly RunOptions runOptions = new();
    private readonly Preprocessing input;
    private readonly string inputName;
    private readonly PixelPacking packing;
    private readonly int cropBytes;

    private GraphProbe(ModelPackage package, InferenceSession runtime)
    {
        this.runtime = runtime;
        (input, inputName) = (package.Card.Preprocessing, package.Card.Tensors.Input);
        packing = new PixelPacking(input, input.Crop);
        cropBytes = NetworkArchitecture.Channels * input.Crop * input.Crop;
    }

    /// <summary>Reads a tensor's values.</summary>
    /// <param name="name">Name of the tensor.</param>
    /// <param name="values">Its values for all crops of the run, row-major; valid during the call.</param>
    public delegate void TensorReader(string name, ReadOnlySpan<float> values);

    /// <summary>Opens a graph.</summary>
    /// <param name="graph">A serialised ModelProto whose input is that of the package.</param>
    /// <param name="package">The package it was made from, which holds its weights.</param>
    /// <param name="options">Device and threads.</param>
    /// <exception cref="InvalidPackageException">ONNX Runtime cannot open it.</exception>
    /// <exception cref="DeviceUnavailableException">The device does not exist, or this build does not support it.</exception>
    public static GraphProbe Open(byte[] graph, ModelPackage package, RuntimeOptions options)
    {
        using var sessionOptions = ExecutionTarget.Of(options, package.Card.Name).Configure(options);
        sessionOptions.AddSessionConfigEntry(WeightsFolder, Path.GetFullPath(package.Folder));
        try
        {
            return new GraphProbe(package, new InferenceSession(graph, sessionOptions));
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidPackageException(package.Folder, $"ONNX Runtime cannot open the graph: {e.Message}", e);
        }
    }

    /// <summary>Runs crops and reads tensors.</summary>
    /// <param name="crops">[count,3,crop,crop], 0..255, red plane first.</param>
    /// <param name="count">Number of crops.</param>
    /// <param name="tensors">Names of tensors of 32-bit floats.</param>
    /// <param name="reader">Called once for each of them.</param>
    public void Run(ReadOnlySpan<byte> crops, int count, IReadOnlyList<string> tensors, TensorReader reader)
    {
        using var pixels = Input(crops, count);
        using var values = runtime.Run(runOptions, [inputName], [pixels], tensors);
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

    private OrtValue Input(ReadOnlySpan<byte> crops, int count)
    {
        var channels = NetworkArchitecture.Channels;
        long[] shape = input.Layout == TensorLayout.Nchw
            ? [count, channels, input.Crop, input.Crop]
            : [count, input.Crop, input.Crop, channels];
        var tensor = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, GraphTensor.TypeOf(input.Type), shape);
        var rows = tensor.GetTensorMutableRawData();
        var rowBytes = rows.Length / count;
        for (var i = 0; i < count; i++)
        {
            packing.Pack(crops.Slice(i * cropBytes, cropBytes), rows.Slice(i * rowBytes, rowBytes));
        }

        return tensor;
    }
}
