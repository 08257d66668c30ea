namespace AlexNetService.Api.Grpc;

/// <summary>Descriptions of models as messages. Their fields are those of the JSON under <c>/v2</c>.</summary>
internal static class ModelMessages
{
    public static ModelMetadataResponse Metadata(ModelMetadata model) => new()
    {
        Name = model.Name,
        Versions = { model.Versions },
        Platform = model.Platform,
        Inputs = { model.Inputs.Select(Tensor) },
        Outputs = { model.Outputs.Select(Tensor) },
    };

    public static ModelConfig Config(AlexNetService.OpenInference.ModelConfig model) => new()
    {
        Name = model.Name,
        Platform = model.Platform,
        Backend = model.Backend,
        MaxBatchSize = model.MaxBatchSize,
        Input =
        {
            model.Input.Select(tensor => new ModelInput
            {
                Name = tensor.Name,
                DataType = TypeOf(tensor),
                Format = tensor.Format switch
                {
                    "FORMAT_NCHW" => ModelInput.Types.Format.Nchw,
                    "FORMAT_NHWC" => ModelInput.Types.Format.Nhwc,
                    _ => ModelInput.Types.Format.None,
                },
                Dims = { tensor.Dims },
            }),
        },
        Output =
        {
            model.Output.Select(tensor => new ModelOutput { Name = tensor.Name, DataType = TypeOf(tensor), Dims = { tensor.Dims } }),
        },
    };

    public static ModelStatistics Statistics(AlexNetService.OpenInference.ModelStatistics model)
    {
        var times = model.Inferences;
        return new ModelStatistics
        {
            Name = model.Name,
            Version = model.Version,
            LastInference = (ulong)model.LastInference,
            InferenceCount = (ulong)model.InferenceCount,
            ExecutionCount = (ulong)model.ExecutionCount,
            InferenceStats = new InferStatistics
            {
                Success = Duration(times.Success),
                Fail = Duration(times.Fail),
                Queue = Duration(times.Queue),
                ComputeInput = Duration(times.ComputeInput),
                ComputeInfer = Duration(times.ComputeInfer),
                ComputeOutput = Duration(times.ComputeOutput),
                CacheHit = Duration(times.CacheHit),
                CacheMiss = Duration(times.CacheMiss),
            },
            BatchStats =
            {
                model.Batches.Select(batch => new InferBatchStatistics
                {
                    BatchSize = (ulong)batch.BatchSize,
                    ComputeInput = Duration(batch.ComputeInput),
                    ComputeInfer = Duration(batch.ComputeInfer),
                    ComputeOutput = Duration(batch.ComputeOutput),
                }),
            },
        };
    }

    private static ModelMetadataResponse.Types.TensorMetadata Tensor(TensorMetadata tensor) =>
        new() { Name = tensor.Name, Datatype = tensor.Datatype, Shape = { tensor.Shape } };

    private static DataType TypeOf(ConfigTensor tensor) => tensor.DataType switch
    {
        "TYPE_UINT8" => DataType.TypeUint8,
        "TYPE_FP32" => DataType.TypeFp32,
        "TYPE_STRING" => DataType.TypeString,
        _ => DataType.TypeInvalid,
    };

    private static StatisticDuration Duration(AlexNetService.OpenInference.StatisticDuration total) =>
        new() { Count = (ulong)total.Count, Ns = (ulong)total.Ns };
}
