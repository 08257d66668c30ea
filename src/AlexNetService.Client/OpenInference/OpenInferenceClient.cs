namespace AlexNetService.Client.OpenInference;

/// <summary>
/// Calls any server that speaks the Open Inference Protocol (KServe v2): AlexNetService, Triton, and others. Tensors travel as raw bytes,
/// so a server needs the protocol's binary tensor extension (REST) or raw contents (gRPC). For any number of threads.
/// </summary>
public abstract class OpenInferenceClient
{
    /// <summary>Whether the server, or one of its models, can answer.</summary>
    /// <param name="model">The model; null for the server.</param>
    /// <param name="cancellation">Cancels the request.</param>
    public abstract Task<bool> IsReadyAsync(string? model = null, CancellationToken cancellation = default);

    /// <summary>The inputs and outputs of a model.</summary>
    public abstract Task<ModelTensors> TensorsAsync(string model, CancellationToken cancellation = default);

    /// <summary>Runs a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="outputs">Names of the outputs to return; empty for those that the server returns by itself.</param>
    /// <param name="cancellation">Cancels the request.</param>
    /// <returns>The outputs.</returns>
    public abstract Task<IReadOnlyList<NamedTensor>> InferAsync(
        string model, IReadOnlyList<NamedTensor> inputs, IReadOnlyList<string>? outputs = null, CancellationToken cancellation = default);
}

/// <summary>The inputs and outputs of a model.</summary>
/// <param name="Name">The model.</param>
/// <param name="Inputs">Its inputs.</param>
/// <param name="Outputs">Its outputs.</param>
public sealed record ModelTensors(string Name, IReadOnlyList<TensorDescription> Inputs, IReadOnlyList<TensorDescription> Outputs);

/// <summary>An input or output of a model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="DataType">The protocol's name of its element type, such as <c>FP32</c>.</param>
/// <param name="Shape">Its dimensions; -1 is any.</param>
public sealed record TensorDescription(string Name, string DataType, IReadOnlyList<long> Shape);
