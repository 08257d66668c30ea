using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace AlexNetService.Inference.Sessions;

/// <summary>How ONNX Runtime runs the graphs.</summary>
public sealed class RuntimeOptions : IValidatableObject
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Inference";

    private const string CudaBatchSizes = "1,10,20,40";
    private const string DeviceName = "^(cpu|cuda:[0-9]{1,2})$";

    /// <summary>
    /// Where graphs run: <c>cpu</c> (default) or <c>cuda:N</c>, which needs a build with <c>-p:Accelerator=cuda</c>. Without the device,
    /// opening a session fails; there is no fallback.
    /// </summary>
    [RegularExpression(DeviceName, ErrorMessage = "Inference:Device must be cpu or cuda:N, such as cuda:0.")]
    public string Device { get; set; } = "cpu";

    /// <summary>Name of a model → its device, in place of <see cref="Device"/>. Default: none.</summary>
    public Dictionary<string, string> Devices { get; init; } = [];

    /// <summary>
    /// The ONNX Runtime provider that every model must run on, such as <c>CUDAExecutionProvider</c>; opening a session on another one
    /// fails. Null (default) accepts the provider of <see cref="Device"/>.
    /// </summary>
    public string? RequireProvider { get; set; }

    /// <summary>Threads that runs share on the CPU; 0 (default) means one a core.</summary>
    [Range(0, 1024, ErrorMessage = "Inference:Threads must be {1} to {2}.")]
    public int Threads { get; set; }

    /// <summary>
    /// Runs at a time: 1 (default) is one run with all threads, N is N runs that share them. 0 measures at start-up whether one run with
    /// all threads or a run on each thread is faster.
    /// </summary>
    [Range(0, 1024, ErrorMessage = "Inference:ConcurrentRuns must be {1} to {2}.")]
    public int ConcurrentRuns { get; set; } = 1;

    /// <summary>
    /// Crops in one run of a graph, and so the size of its buffers; default 10, one photograph. A few cores gain nothing from more; many
    /// cores and GPUs gain from reading the dense layers' weights once for 20 or 40 crops.
    /// </summary>
    [Range(1, 4096, ErrorMessage = "Inference:MaxCropsPerRun must be {1} to {2}.")]
    public int MaxCropsPerRun { get; set; } = 10;

    /// <summary>
    /// The numbers of crops that graphs run on, such as <c>1,10,20,40</c>. Runs are padded to the next number, and each is run once before
    /// the first request. Null (default) is any number on the CPU and, on a GPU, those of 1,10,20,40 that <see cref="MaxCropsPerRun"/>
    /// allows; <see cref="MaxCropsPerRun"/> itself is always one of them.
    /// </summary>
    [RegularExpression(
        "^([1-9][0-9]{0,3}(,[1-9][0-9]{0,3})*)?$",
        ErrorMessage = "Inference:BatchSizes must be numbers with commas, such as 1,10,20,40.")]
    public string? BatchSizes { get; set; }

    /// <summary>Options of NVIDIA GPUs.</summary>
    public CudaOptions Cuda { get; init; } = new();

    /// <summary>Threads that share one run; the runs at a time share <see cref="Threads"/>.</summary>
    internal int ThreadsPerRun => Math.Max(1, AllThreads - Math.Max(1, ConcurrentRuns) + 1);

    internal int AllThreads => Threads == 0 ? Environment.ProcessorCount : Threads;

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var device = new RegularExpressionAttribute(DeviceName);
        foreach (var (model, name) in Devices)
        {
            if (!device.IsValid(name))
            {
                yield return new ValidationResult($"Inference:Devices:{model} must be cpu or cuda:N, such as cuda:0.", [nameof(Devices)]);
            }
        }

        if (Cuda.MemoryLimitMiB is < 0 or > CudaOptions.LargestLimitMiB)
        {
            yield return new ValidationResult($"Inference:Cuda:MemoryLimitMiB must be 0 to {CudaOptions.LargestLimitMiB}.", [nameof(Cuda)]);
        }
    }

    /// <summary>The device of a model.</summary>
    internal string DeviceOf(string model) => Devices.GetValueOrDefault(model, Device);

    /// <summary>The numbers of rows that graphs run on, the smallest first and <see cref="MaxCropsPerRun"/> last; null is any.</summary>
    internal int[]? BatchSizesOn(ExecutionTarget target)
    {
        var text = BatchSizes is { Length: > 0 } given ? given : target.IsCuda ? CudaBatchSizes : "";
        return text == "" ? null :
        [
            .. text.Split(',').Select(size => int.Parse(size, NumberStyles.None, CultureInfo.InvariantCulture))
                .Where(size => size > 0 && size < MaxCropsPerRun).Append(MaxCropsPerRun).Distinct().Order(),
        ];
    }

    /// <summary>The same with another number of runs at a time.</summary>
    internal RuntimeOptions With(int concurrentRuns)
    {
        var copy = (RuntimeOptions)MemberwiseClone();
        copy.ConcurrentRuns = concurrentRuns;
        return copy;
    }
}

/// <summary>Options of NVIDIA GPUs; without effect on the CPU.</summary>
public sealed class CudaOptions
{
    internal const int LargestLimitMiB = 1 << 20;

    /// <summary>Memory that the arena of each device may take, in MiB; 0 (default) is no limit.</summary>
    public int MemoryLimitMiB { get; set; }

    /// <summary>
    /// Whether products may be rounded to TensorFloat-32 (ten bits): faster, but logits keep only three digits. Default false, so that a
    /// GPU gives the same numbers as the CPU.
    /// </summary>
    public bool Tf32 { get; set; }
}
