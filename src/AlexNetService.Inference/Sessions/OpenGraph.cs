using AlexNetService.ModelSpec.Package;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Inference.Sessions;

/// <summary>A graph, open in ONNX Runtime.</summary>
/// <param name="Session">Runs it.</param>
/// <param name="IsElsewhere">Whether tensors must be copied to the device and back.</param>
internal sealed record OpenGraph(InferenceSession Session, bool IsElsewhere) : IDisposable
{
    public RunOptions RunOptions { get; } = new();

    /// <exception cref="InvalidPackageException">ONNX Runtime cannot open it.</exception>
    public static OpenGraph OfPackage(ModelPackage package, GraphFile file, ExecutionTarget target, SessionOptions options)
    {
        try
        {
            return new OpenGraph(new InferenceSession(package.PathOf(file), options), target.IsElsewhere);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidPackageException(package.Folder, $"ONNX Runtime cannot open {file.File}: {e.Message}", e);
        }
    }

    /// <summary>The graph that cuts windows out of maps. It always opens where the device works.</summary>
    /// <exception cref="DeviceUnavailableException">The device does not work.</exception>
    public static OpenGraph OfWindowCut(MapType maps, ExecutionTarget target, SessionOptions options)
    {
        try
        {
            return new OpenGraph(new InferenceSession(WindowCut.Graph(GraphTensor.TypeOf(maps)), options), target.IsElsewhere);
        }
        catch (OnnxRuntimeException e)
        {
            throw target.Unavailable(e);
        }
    }

    public void Dispose()
    {
        RunOptions.Dispose();
        Session.Dispose();
    }
}
