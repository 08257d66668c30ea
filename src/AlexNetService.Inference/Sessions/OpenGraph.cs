using AlexNetService.ModelSpec.Package;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Inference.Sessions;

/// <summary>A graph of a package, open in ONNX Runtime.</summary>
internal sealed class OpenGraph : IDisposable
{
    private OpenGraph(InferenceSession session, bool isElsewhere) => (Session, IsElsewhere) = (session, isElsewhere);

    public InferenceSession Session { get; }

    public RunOptions RunOptions { get; } = new();

    /// <summary>Whether tensors must be copied to the device and back.</summary>
    public bool IsElsewhere { get; }

    /// <exception cref="InvalidPackageException">ONNX Runtime cannot open it.</exception>
    public static OpenGraph Open(ModelPackage package, GraphFile file, ExecutionTarget target, SessionOptions options)
    {
        try
        {
            return new OpenGraph(new InferenceSession(Path.Combine(package.Folder, file.File), options), target.IsCuda);
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
