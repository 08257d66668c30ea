using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Inference.Sessions;

/// <summary>A device by the name the options give it, and the ONNX Runtime provider that drives it.</summary>
/// <param name="Device"><c>cpu</c> or <c>cuda:N</c>.</param>
/// <param name="Provider">Name of the provider, as ONNX Runtime spells it.</param>
internal sealed record ExecutionTarget(string Device, string Provider)
{
    public static ExecutionTarget Of(RuntimeOptions options) => options.Device == "cpu"
        ? new ExecutionTarget(options.Device, "CPUExecutionProvider")
        : new ExecutionTarget(options.Device, "CUDAExecutionProvider");

    /// <summary>Options for a session on this device, to be disposed by the caller.</summary>
    public SessionOptions Configure(RuntimeOptions options)
    {
        var session = new SessionOptions
        {
            // Not left to ONNX Runtime: it would count the machine's cores, not the container's, and pin its threads to them.
            IntraOpNumThreads = options.Threads == 0 ? Environment.ProcessorCount : options.Threads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            // What goes wrong comes as an exception; a second copy on standard error would stand outside the log.
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        try
        {
            // A thread that spins takes its core from the decoders and from the other sessions' pools.
            session.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
            if (Provider == "CUDAExecutionProvider")
            {
                AppendCuda(session, int.Parse(Device.AsSpan("cuda:".Length), NumberStyles.None, CultureInfo.InvariantCulture));
            }
        }
        catch
        {
            session.Dispose();
            throw;
        }

        return session;
    }

#if CUDA
    private void AppendCuda(SessionOptions session, int device)
    {
        try
        {
            using var cuda = new OrtCUDAProviderOptions();
            cuda.UpdateOptions(new Dictionary<string, string>
            {
                ["device_id"] = device.ToString(CultureInfo.InvariantCulture),
                ["cudnn_conv_algo_search"] = "HEURISTIC",
                ["arena_extend_strategy"] = "kSameAsRequested",
            });
            session.AppendExecutionProvider_CUDA(cuda);
        }
        catch (OnnxRuntimeException e)
        {
            throw new DeviceUnavailableException(
                Device, $"ONNX Runtime cannot load its CUDA provider ({e.Message}). Install CUDA 13 and cuDNN 9, or set Inference:Device to cpu.", e);
        }
    }
#else
    private void AppendCuda(SessionOptions session, int device) => throw new DeviceUnavailableException(
        Device, "this build runs on the CPU only. Build with -p:Accelerator=cuda, or set Inference:Device to cpu.");
#endif
}
