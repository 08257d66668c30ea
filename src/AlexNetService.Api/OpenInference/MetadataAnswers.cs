using System.Text.Json.Serialization;

namespace AlexNetService.Api.OpenInference;

/// <summary>What the server is and can.</summary>
/// <param name="Name">Name of the server.</param>
/// <param name="Version">Its version.</param>
/// <param name="Extensions">Extensions of the protocol that it speaks, by Triton's names.</param>
internal sealed record ServerMetadata(string Name, string Version, IReadOnlyList<string> Extensions);

/// <summary>Whether the server lives.</summary>
/// <param name="Live">Always true.</param>
internal sealed record ServerLiveAnswer(bool Live);

/// <summary>Whether the server takes requests.</summary>
/// <param name="Ready">Always true; where it takes none there is an error.</param>
internal sealed record ServerReadyAnswer(bool Ready);

/// <summary>Whether a model takes requests.</summary>
/// <param name="Name">Name of the model.</param>
/// <param name="Ready">Always true; where it takes none there is an error.</param>
internal sealed record ModelReadyAnswer(string Name, bool Ready);

/// <summary>A model and its tensors.</summary>
/// <param name="Name">Name of the model.</param>
/// <param name="Versions">Versions that may be asked for: the one that is served.</param>
/// <param name="Platform">What runs it.</param>
/// <param name="Inputs">The tensors it takes, one a request; of those with the same name the datatype decides.</param>
/// <param name="Outputs">The tensors it gives; for photographs the first only.</param>
internal sealed record ModelMetadata(
    string Name, IReadOnlyList<string> Versions, string Platform, IReadOnlyList<TensorMetadata> Inputs, IReadOnlyList<TensorMetadata> Outputs)
{
    public static ModelMetadata Of(InferenceModel model) => new(
        model.Name,
        [model.Version],
        ModelConfig.PlatformOf(model),
        model.Inputs,
        [.. model.Outputs.Select(output => new TensorMetadata(output.Name, Datatypes.Float32, [-1, output.Values]))]);
}

/// <summary>A tensor.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">Its element type.</param>
/// <param name="Shape">Its dimensions; -1 is any number.</param>
internal sealed record TensorMetadata(string Name, string Datatype, IReadOnlyList<long> Shape);

/// <summary>A model's configuration, as Triton's clients read it.</summary>
/// <param name="Name">Name of the model.</param>
/// <param name="Platform">What runs it.</param>
/// <param name="Backend">What runs it, by Triton's name for the backend; empty for an ensemble.</param>
/// <param name="MaxBatchSize">Rows in a tensor at most; the dimensions below leave the rows out.</param>
/// <param name="Input">The tensors it takes.</param>
/// <param name="Output">The tensors it gives.</param>
internal sealed record ModelConfig(
    string Name,
    string Platform,
    string Backend,
    [property: JsonPropertyName("max_batch_size")] int MaxBatchSize,
    IReadOnlyList<ConfigTensor> Input,
    IReadOnlyList<ConfigTensor> Output)
{
    public static ModelConfig Of(InferenceModel model, int maxRows) => new(
        model.Name,
        PlatformOf(model),
        model.Session is null ? "" : "onnxruntime",
        maxRows,
        [.. model.Inputs.Select(input => new ConfigTensor(input.Name, TypeOf(input.Datatype), Dimensions(input)))],
        [.. model.Outputs.Select(output => new ConfigTensor(output.Name, TypeOf(Datatypes.Float32), [output.Values]))]);

    public static string PlatformOf(InferenceModel model) => model.Session is null ? "ensemble" : "onnxruntime_onnx";

    private static string TypeOf(string datatype) => datatype == Datatypes.Bytes ? "TYPE_STRING" : $"TYPE_{datatype}";

    private static IReadOnlyList<long> Dimensions(TensorMetadata tensor) => tensor.Shape.Count == 1 ? [1] : [.. tensor.Shape.Skip(1)];
}

/// <summary>A tensor of a configuration.</summary>
/// <param name="Name">Its name.</param>
/// <param name="DataType">Its element type, by Triton's names.</param>
/// <param name="Dims">Dimensions of one row.</param>
internal sealed record ConfigTensor(
    string Name, [property: JsonPropertyName("data_type")] string DataType, IReadOnlyList<long> Dims);

/// <summary>A version in the repository.</summary>
/// <param name="Name">Name of the model.</param>
/// <param name="Version">The version.</param>
/// <param name="State">READY, LOADING, UNLOADING or UNAVAILABLE.</param>
/// <param name="Reason">Why it is not ready; empty where it is, or where nobody asked for it.</param>
internal sealed record RepositoryEntry(string Name, string Version, string State, string Reason);

/// <summary>What went through models.</summary>
/// <param name="ModelStats">Each model's.</param>
internal sealed record StatisticsAnswer([property: JsonPropertyName("model_stats")] IReadOnlyList<ModelStatistics> ModelStats);

/// <summary>What went through a model by this protocol since the service started.</summary>
/// <param name="Name">Name of the model.</param>
/// <param name="Version">Its version.</param>
/// <param name="LastInference">When the last request ended, milliseconds since 1970; 0 where there was none.</param>
/// <param name="InferenceCount">Rows that were answered.</param>
/// <param name="Inferences">Requests and their time.</param>
internal sealed record ModelStatistics(
    string Name,
    string Version,
    [property: JsonPropertyName("last_inference")] long LastInference,
    [property: JsonPropertyName("inference_count")] long InferenceCount,
    [property: JsonPropertyName("inference_stats")] InferenceTimes Inferences);

/// <summary>Requests and where their time went.</summary>
/// <param name="Success">Those that were answered, whole.</param>
/// <param name="Fail">Those that were not.</param>
/// <param name="Queue">Waiting of those that were answered.</param>
/// <param name="ComputeInput">Decoding of photographs and their crops, of those that were answered; none for crops that were sent.</param>
/// <param name="ComputeInfer">Runs of those that were answered.</param>
internal sealed record InferenceTimes(
    StatisticDuration Success,
    StatisticDuration Fail,
    StatisticDuration Queue,
    [property: JsonPropertyName("compute_input")] StatisticDuration ComputeInput,
    [property: JsonPropertyName("compute_infer")] StatisticDuration ComputeInfer);

/// <summary>How often, and how long in all.</summary>
/// <param name="Count">How often.</param>
/// <param name="Ns">Nanoseconds in all.</param>
internal readonly record struct StatisticDuration(long Count, long Ns)
{
    public StatisticDuration Plus(TimeSpan time) => new(Count + 1, Ns + (long)time.TotalNanoseconds);
}
