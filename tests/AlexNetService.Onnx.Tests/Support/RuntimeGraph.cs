using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Onnx.Tests.Support;

/// <summary>A model in ONNX Runtime, on the CPU, one thread.</summary>
internal sealed class RuntimeGraph : IDisposable
{
    private readonly InferenceSession session;

    public RuntimeGraph(byte[] model)
    {
        using var options = OneThread();
        session = new InferenceSession(model, options);
    }

    /// <summary>A model in a file, which may point into others beside it.</summary>
    public RuntimeGraph(string path)
    {
        using var options = OneThread();
        session = new InferenceSession(path, options);
    }

    public InferenceSession Session => session;

    /// <summary>Runs the model and copies one output out.</summary>
    public float[] Run<T>(string input, T[] values, long[] dimensions, string output)
        where T : unmanaged => Run(input, values, dimensions, [output])[0];

    public float[][] Run<T>(string input, T[] values, long[] dimensions, string[] outputs)
        where T : unmanaged
    {
        using var tensor = OrtValue.CreateTensorValueFromMemory(values, dimensions);
        using var run = new RunOptions();
        using var results = session.Run(run, [input], [tensor], outputs);
        return [.. results.Select(result => result.GetTensorDataAsSpan<float>().ToArray())];
    }

    public void Dispose() => session.Dispose();

    private static SessionOptions OneThread() =>
        new() { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
}
