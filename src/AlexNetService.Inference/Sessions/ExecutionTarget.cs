using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Inference.Sessions;

/// <summary>A device, and the ONNX Runtime provider that drives it.</summary>
/// <param name="Device"><c>cpu</c> or <c>cuda:N</c>.</param>
/// <param name="Provider">Name of the provider, as ONNX Runtime spells it.</param>
internal sealed record ExecutionTarget(string Device, string Provider)
{
    private const string Cpu = "CPUExecutionProvider";
    private const string Cuda = "CUDAExecutionProvider";

    public bool IsCuda => Provider == Cuda;

    /// <summary>
    /// Whether the device has a memory of its own. Tests set it for the CPU: the code for GPUs then runs on the CPU's allocators.
    /// </summary>
    public bool IsElsewhere { get; init; } = Provider == Cuda;

    private int Index => IsCuda ? int.Parse(Device.AsSpan("cuda:".Length), NumberStyles.None, CultureInfo.InvariantCulture) : 0;

    /// <summary>The device and provider of a model.</summary>
    /// <exception cref="DeviceUnavailableException">The options require another provider.</exception>
    public static ExecutionTarget Of(RuntimeOptions options, string model)
    {
        var device = options.DeviceOf(model);
        var target = new ExecutionTarget(device, device == "cpu" ? Cpu : Cuda);
        return options.RequireProvider is { Length: > 0 } required && required != target.Provider
            ? throw new DeviceUnavailableException(
                device,
                $"'{model}' would run on {target.Provider} where Inference:RequireProvider is {required}. "
                + "Set Inference:Device to a device of that provider, or remove Inference:RequireProvider.")
            : target;
    }

    /// <summary>Options for a session on this device, to be disposed by the caller.</summary>
    public SessionOptions Configure(RuntimeOptions options)
    {
        // Before any other ONNX Runtime object, which would create an environment without a shared pool.
        SharedRuntime.Open(options.ThreadsPerRun);
        var session = new SessionOptions
        {
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            // A pattern is one block for all activations of a batch size. Blocks of several sizes cannot take each other's place: they
            // made the arena half as large again and saved no time in measurements.
            EnableMemoryPattern = IsCuda,
            // Errors are thrown as exceptions; a copy on standard error would be outside the log.
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        try
        {
            SharedRuntime.Join(session, options.ThreadsPerRun);

            // A thread that spins takes its core from the decoders and from the other sessions' pools.
            session.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");

            // Weights outside the arena go back to the system with their model.
            session.AddSessionConfigEntry("session.use_device_allocator_for_initializers", "1");
            if (IsCuda)
            {
                AppendCuda(session, Index, options.Cuda);
            }
        }
        catch
        {
            session.Dispose();
            throw;
        }

        return session;
    }

    /// <summary>
    /// Memory for the runs of a session elsewhere: page-locked host memory, which a GPU copies from and to without a detour through
    /// buffers of the driver, and memory of the device for maps that stay there.
    /// </summary>
    public (OrtAllocator Host, OrtAllocator Device) MemoryOf(InferenceSession session)
    {
        using var host = Memory(OrtMemoryInfo.allocatorCUDA_PINNED, OrtMemType.CpuOutput);
        using var device = Memory(OrtMemoryInfo.allocatorCUDA, OrtMemType.Default);
        return (new OrtAllocator(session, host), new OrtAllocator(session, device));
    }

    private OrtMemoryInfo Memory(byte[] name, OrtMemType type) => IsCuda
        ? new OrtMemoryInfo(name, OrtAllocatorType.DeviceAllocator, Index, type)
        : new OrtMemoryInfo(OrtMemoryInfo.allocatorCPU, OrtAllocatorType.DeviceAllocator, 0, OrtMemType.Default);

    /// <summary>The exception for a device that ONNX Runtime cannot use.</summary>
    public DeviceUnavailableException Unavailable(OnnxRuntimeException cause)
    {
        // "[ErrorCode:Fail] file:line function [ONNXRuntimeError] : 1 : FAIL : reason"
        var reason = cause.Message[(cause.Message.LastIndexOf(" : ", StringComparison.Ordinal) is >= 0 and var at ? at + 3 : 0)..];
        return new DeviceUnavailableException(
            Device,
            $"ONNX Runtime says: {reason.ReplaceLineEndings(" ").Trim()}. "
            + "Install a driver of 580 or newer, CUDA 13 and cuDNN 9, or set Inference:Device to cpu.",
            cause);
    }

#if CUDA
    private void AppendCuda(SessionOptions session, int device, CudaOptions options)
    {
        var settings = new Dictionary<string, string>
        {
            ["device_id"] = device.ToString(CultureInfo.InvariantCulture),
            // Trying every kernel would take seconds in the first run of each batch size.
            ["cudnn_conv_algo_search"] = "HEURISTIC",
            ["arena_extend_strategy"] = "kSameAsRequested",
            ["use_tf32"] = options.Tf32 ? "1" : "0",
        };
        if (options.MemoryLimitMiB > 0)
        {
            settings["gpu_mem_limit"] = ((long)options.MemoryLimitMiB << 20).ToString(CultureInfo.InvariantCulture);
        }

        try
        {
            using var cuda = new OrtCUDAProviderOptions();
            cuda.UpdateOptions(settings);
            session.AppendExecutionProvider_CUDA(cuda);
        }
        catch (OnnxRuntimeException e)
        {
            throw Unavailable(e);
        }
    }
#else
    private void AppendCuda(SessionOptions session, int device, CudaOptions options) => throw new DeviceUnavailableException(
        Device, "this build runs on the CPU only. Build with -p:Accelerator=cuda, or set Inference:Device to cpu.");
#endif
}
