using AlexNetService.Api.Grpc;
using Google.Protobuf;
using Grpc.Core;

namespace AlexNetService.Client.OpenInference;

/// <summary>
/// The Open Inference Protocol by gRPC. Methods throw <see cref="RpcException"/> where the server refuses a call or cannot be reached.
/// </summary>
/// <param name="channel">A channel to the server, such as <c>GrpcChannel.ForAddress("http://localhost:8081")</c>.</param>
/// <param name="headers">Metadata of every call, such as <c>x-api-key</c>.</param>
public sealed class OpenInferenceGrpcClient(ChannelBase channel, Metadata? headers = null) : OpenInferenceClient
{
    private readonly GRPCInferenceService.GRPCInferenceServiceClient calls = new(channel);

    /// <inheritdoc/>
    public override async Task<bool> IsReadyAsync(string? model = null, CancellationToken cancellation = default)
    {
        try
        {
            return model is null
                ? (await calls.ServerReadyAsync(new ServerReadyRequest(), Options(cancellation))).Ready
                : (await calls.ModelReadyAsync(new ModelReadyRequest { Name = model }, Options(cancellation))).Ready;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public override async Task<ModelTensors> TensorsAsync(string model, CancellationToken cancellation = default)
    {
        var answer = await calls.ModelMetadataAsync(new ModelMetadataRequest { Name = model }, Options(cancellation));
        return new ModelTensors(answer.Name, [.. answer.Inputs.Select(Described)], [.. answer.Outputs.Select(Described)]);

        static TensorDescription Described(ModelMetadataResponse.Types.TensorMetadata tensor) =>
            new(tensor.Name, tensor.Datatype, [.. tensor.Shape]);
    }

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<NamedTensor>> InferAsync(
        string model, IReadOnlyList<NamedTensor> inputs, IReadOnlyList<string>? outputs = null, CancellationToken cancellation = default)
    {
        var request = new ModelInferRequest { ModelName = model };
        foreach (var input in inputs)
        {
            var tensor = new ModelInferRequest.Types.InferInputTensor { Name = input.Name, Datatype = input.DataType };
            tensor.Shape.AddRange(input.Shape);
            request.Inputs.Add(tensor);
            request.RawInputContents.Add(UnsafeByteOperations.UnsafeWrap(input.Data));
        }

        request.Outputs.AddRange((outputs ?? []).Select(name =>
            new ModelInferRequest.Types.InferRequestedOutputTensor { Name = name }));
        var answer = await calls.ModelInferAsync(request, Options(cancellation));
        return answer.RawOutputContents.Count == answer.Outputs.Count
            ? [.. answer.Outputs.Select((tensor, i) =>
                new NamedTensor(tensor.Name, tensor.Datatype, [.. tensor.Shape], answer.RawOutputContents[i].Memory))]
            : throw new RpcException(new Status(
                StatusCode.Unimplemented, $"'{model}' answered without raw contents, and this client reads only those."));
    }

    private CallOptions Options(CancellationToken cancellation) => new(headers, cancellationToken: cancellation);
}
