using System.ComponentModel.DataAnnotations;

namespace AlexNetService.Inference.Sessions;

/// <summary>How ONNX Runtime runs the graphs.</summary>
public sealed class RuntimeOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Inference";

    /// <summary>
    /// Where graphs run: <c>cpu</c> (default) or <c>cuda:N</c>, which needs a build with <c>-p:Accelerator=cuda</c>. The device
    /// is required: where it is missing, opening a session fails and nothing runs elsewhere instead.
    /// </summary>
    [RegularExpression("^(cpu|cuda:[0-9]{1,2})$", ErrorMessage = "Inference:Device must be cpu or cuda:N, such as cuda:0.")]
    public string Device { get; set; } = "cpu";

    /// <summary>Threads that share the work of one run; 0 (default) means one a core.</summary>
    [Range(0, 1024, ErrorMessage = "Inference:Threads must be {1} to {2}.")]
    public int Threads { get; set; }

    /// <summary>
    /// Crops in one run of a graph, and so the size of its buffers; default 40. More gains nothing once the dense layers'
    /// weights are read for that many crops at a time.
    /// </summary>
    [Range(1, 4096, ErrorMessage = "Inference:MaxCropsPerRun must be {1} to {2}.")]
    public int MaxCropsPerRun { get; set; } = 40;
}
