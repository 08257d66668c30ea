using System.Text.Json.Serialization;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.OpenInference;

/// <summary>The server and its extensions.</summary>
/// <param name="Name">Name of the server.</param>
/// <param name="Version">Its version.</param>
/// <param name="Extensions">Supported extensions of the protocol, by Triton's names.</param>
public sealed record ServerMetadata(string Name, string Version, IReadOnlyList<string> Extensions)
{
    /// <summary>This server.</summary>
    /// <param name="version">Its version.</param>
    public static ServerMetadata Of(string version) => new(
        "alexnetservice", version, ["binary_tensor_data", "classification", "model_configuration", "model_repository", "statistics"]);
}

/// <summary>Whether the server is alive.</summary>
/// <param name="Live">Always true.</param>
public sealed record ServerLiveAnswer(bool Live);

/// <summary>Whether the server accepts requests.</summary>
/// <param name="Ready">Always true; a server that is not ready returns an error.</param>
public sealed record ServerReadyAnswer(bool Ready);

/// <summary>Whether a model accepts requests.</summary>
/// <param name="Name">Name of the model.</param>
/// <param name="Ready">Always true; a model that is not ready returns an error.</param>
public sealed record ModelReadyAnswer(string Name, bool Ready);

/// <summary>A model and its tensors.</summary>
/// <param name="Name">Name of the model.</param>
/// <param name="Versions">Versions that a request may name: only the one that is served.</param>
/// <param name="Platform">The platform that runs it.</param>
/// <param name="Inputs">The input tensor: crops for a model, photographs for an ensemble.</param>
/// <param name="Outputs">The output tensor: probabilities.</param>
public sealed record ModelMetadata(
    string Name,
    IReadOnlyList<string> Versions,
    string Platform,
    IReadOnlyList<TensorMetadata> Inputs,
    IReadOnlyList<TensorMetadata> Outputs);

/// <summary>A tensor.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">Its element type.</param>
/// <param name="Shape">Its dimensions; -1 means any number.</param>
public sealed record TensorMetadata(string Name, string Datatype, IReadOnlyList<long> Shape);

/// <summary>A model's configuration in Triton's form.</summary>
/// <param name="Name">Name of the model.</param>
/// <param name="Platform">The platform that runs it.</param>
/// <param name="Backend">Triton's name for the backend that runs it; empty for an ensemble.</param>
/// <param name="MaxBatchSize">Maximum rows in a tensor. The dimensions below leave the rows out.</param>
/// <param name="Input">The input tensors.</param>
/// <param name="Output">The output tensors.</param>
public sealed record ModelConfig(
    string Name,
    string Platform,
    string Backend,
    [property: JsonPropertyName("max_batch_size")] int MaxBatchSize,
    IReadOnlyList<ConfigTensor> Input,
    IReadOnlyList<ConfigTensor> Output);

/// <summary>A tensor in a configuration.</summary>
/// <param name="Name">Its name.</param>
/// <param name="DataType">Its element type, by Triton's names.</param>
/// <param name="Dims">Dimensions of one row.</param>
/// <param name="Format">FORMAT_NCHW or FORMAT_NHWC for crops, FORMAT_NONE for photographs; absent for an output.</param>
public sealed record ConfigTensor(
    string Name, [property: JsonPropertyName("data_type")] string DataType, IReadOnlyList<long> Dims, string? Format = null);

/// <summary>A version in the repository.</summary>
/// <param name="Name">Name of the model.</param>
/// <param name="Version">The version.</param>
/// <param name="State">READY, LOADING, UNLOADING or UNAVAILABLE.</param>
/// <param name="Reason">Why the version is not ready; empty if it is ready or nobody has loaded it.</param>
public sealed record RepositoryEntry(string Name, string Version, string State, string Reason);

/// <summary>Statistics of models.</summary>
/// <param name="ModelStats">One entry for each model.</param>
public sealed record StatisticsAnswer([property: JsonPropertyName("model_stats")] IReadOnlyList<ModelStatistics> ModelStats);

/// <summary>Requests to a model through this protocol since the service started.</summary>
/// <param name="Name">Name of the model.</param>
/// <param name="Version">Its version.</param>
/// <param name="LastInference">End of the last request, in milliseconds since 1970; 0 before the first one.</param>
/// <param name="InferenceCount">Answered rows.</param>
/// <param name="ExecutionCount">
/// Runs of the model, also for requests that came by other routes; for an ensemble, the answered requests.
/// </param>
/// <param name="Inferences">Requests and their durations.</param>
/// <param name="Batches">The runs of a model by number of crops; empty for an ensemble.</param>
public sealed record ModelStatistics(
    string Name,
    string Version,
    [property: JsonPropertyName("last_inference")] long LastInference,
    [property: JsonPropertyName("inference_count")] long InferenceCount,
    [property: JsonPropertyName("execution_count")] long ExecutionCount,
    [property: JsonPropertyName("inference_stats")] InferenceTimes Inferences,
    [property: JsonPropertyName("batch_stats")] IReadOnlyList<BatchTimes> Batches);

/// <summary>Numbers of requests and their durations.</summary>
/// <param name="Success">Answered requests, from start to end.</param>
/// <param name="Fail">Failed requests, from start to end.</param>
/// <param name="Queue">Time that answered requests waited.</param>
/// <param name="ComputeInput">Time to decode the photographs of answered requests; 0 for crops.</param>
/// <param name="ComputeInfer">Time that answered requests spent in models.</param>
/// <param name="ComputeOutput">Time to make the tensors of answers.</param>
/// <param name="CacheHit">Always 0: answers are not cached.</param>
/// <param name="CacheMiss">Always 0.</param>
public sealed record InferenceTimes(
    StatisticDuration Success = default,
    StatisticDuration Fail = default,
    StatisticDuration Queue = default,
    [property: JsonPropertyName("compute_input")] StatisticDuration ComputeInput = default,
    [property: JsonPropertyName("compute_infer")] StatisticDuration ComputeInfer = default,
    [property: JsonPropertyName("compute_output")] StatisticDuration ComputeOutput = default,
    [property: JsonPropertyName("cache_hit")] StatisticDuration CacheHit = default,
    [property: JsonPropertyName("cache_miss")] StatisticDuration CacheMiss = default);

/// <summary>The runs of a model with one number of crops.</summary>
/// <param name="BatchSize">Crops in each of the runs.</param>
/// <param name="ComputeInput">The runs, without their time, which is not measured apart.</param>
/// <param name="ComputeInfer">The runs and their duration.</param>
/// <param name="ComputeOutput">The runs, without their time, which is not measured apart.</param>
public sealed record BatchTimes(
    [property: JsonPropertyName("batch_size")] int BatchSize,
    [property: JsonPropertyName("compute_input")] StatisticDuration ComputeInput,
    [property: JsonPropertyName("compute_infer")] StatisticDuration ComputeInfer,
    [property: JsonPropertyName("compute_output")] StatisticDuration ComputeOutput)
{
    internal static BatchTimes Of(RunTotal total) => new(
        total.Crops,
        new StatisticDuration(total.Runs, 0),
        new StatisticDuration(total.Runs, (long)total.Time.TotalNanoseconds),
        new StatisticDuration(total.Runs, 0));
}

/// <summary>A number of requests and their total duration.</summary>
/// <param name="Count">Number of requests.</param>
/// <param name="Ns">Total duration in nanoseconds.</param>
public readonly record struct StatisticDuration(long Count, long Ns)
{
    internal StatisticDuration Plus(TimeSpan time) => new(Count + 1, Ns + (long)time.TotalNanoseconds);
}
