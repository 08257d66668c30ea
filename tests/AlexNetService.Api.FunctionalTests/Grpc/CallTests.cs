using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.Grpc;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using HealthClient = Grpc.Health.V1.Health.HealthClient;
using InferenceClient = AlexNetService.Api.Grpc.GRPCInferenceService.GRPCInferenceServiceClient;

namespace AlexNetService.Api.FunctionalTests.Grpc;

/// <summary>The calls of the protocol without tensors, one by one.</summary>
public sealed class CallTests(SharedService service)
{
    /// <summary>Each call with its answer as protobuf's JSON, which leaves out what is false, 0 or empty.</summary>
    private static readonly Dictionary<string, (Func<InferenceClient, CancellationToken, Task<IMessage>> Send, string Answer)> Calls = new()
    {
        ["ServerLive"] = (
            async (client, none) => await client.ServerLiveAsync(new ServerLiveRequest(), cancellationToken: none),
            """{ "live": true }"""),
        ["ServerReady"] = (
            async (client, none) => await client.ServerReadyAsync(new ServerReadyRequest(), cancellationToken: none),
            """{ "ready": true }"""),
        ["ModelReady"] = (
            async (client, none) => await client.ModelReadyAsync(new ModelReadyRequest { Name = "cifar-a" }, cancellationToken: none),
            """{ "ready": true }"""),
        ["ModelReady of a version"] = (
            async (client, none) => await client.ModelReadyAsync(
                new ModelReadyRequest { Name = "cifar-a", Version = "1" }, cancellationToken: none),
            """{ "ready": true }"""),
        ["ModelReady of a version that is not served"] = (
            async (client, none) => await client.ModelReadyAsync(
                new ModelReadyRequest { Name = "cifar-a", Version = "2" }, cancellationToken: none),
            "{ }"),
        ["ModelReady of nobody"] = (
            async (client, none) => await client.ModelReadyAsync(new ModelReadyRequest { Name = "nobody" }, cancellationToken: none),
            "{ }"),
        ["ServerMetadata"] = (
            async (client, none) => await client.ServerMetadataAsync(new ServerMetadataRequest(), cancellationToken: none),
            """
            { "name": "alexnetservice", "version": "0.1.0", "extensions": [ "binary_tensor_data", "classification", "model_configuration",
            "model_repository", "statistics" ] }
            """),
        ["ModelMetadata"] = (
            async (client, none) => await client.ModelMetadataAsync(new ModelMetadataRequest { Name = "cifar-a" }, cancellationToken: none),
            """
            { "name": "cifar-a", "versions": [ "1" ], "platform": "onnxruntime_onnx",
            "inputs": [ { "name": "image", "datatype": "UINT8", "shape": [ "-1", "3", "28", "28" ] } ],
            "outputs": [ { "name": "probabilities", "datatype": "FP32", "shape": [ "-1", "10" ] } ] }
            """),
        ["ModelMetadata of the default ensemble"] = (
            async (client, none) => await client.ModelMetadataAsync(
                new ModelMetadataRequest { Name = "default", Version = "1" }, cancellationToken: none),
            """
            { "name": "default", "versions": [ "1" ], "platform": "ensemble",
            "inputs": [ { "name": "image", "datatype": "BYTES", "shape": [ "-1", "1" ] } ],
            "outputs": [ { "name": "probabilities", "datatype": "FP32", "shape": [ "-1", "10" ] } ] }
            """),
        ["ModelConfig"] = (
            async (client, none) => await client.ModelConfigAsync(new ModelConfigRequest { Name = "seven" }, cancellationToken: none),
            """
            { "config": { "name": "seven", "platform": "onnxruntime_onnx", "maxBatchSize": 320,
            "input": [ { "name": "image", "dataType": "TYPE_UINT8", "format": "FORMAT_NCHW", "dims": [ "3", "28", "28" ] } ],
            "output": [ { "name": "probabilities", "dataType": "TYPE_FP32", "dims": [ "7" ] } ], "backend": "onnxruntime" } }
            """),
        ["ModelConfig of the default ensemble"] = (
            async (client, none) => await client.ModelConfigAsync(new ModelConfigRequest { Name = "default" }, cancellationToken: none),
            """
            { "config": { "name": "default", "platform": "ensemble", "maxBatchSize": 64,
            "input": [ { "name": "image", "dataType": "TYPE_STRING", "dims": [ "1" ] } ],
            "output": [ { "name": "probabilities", "dataType": "TYPE_FP32", "dims": [ "10" ] } ] } }
            """),
        ["RepositoryIndex"] = (
            async (client, none) => await client.RepositoryIndexAsync(new RepositoryIndexRequest { Ready = true }, cancellationToken: none),
            """
            { "models": [ { "name": "cifar-a", "version": "1", "state": "READY" }, { "name": "cifar-b", "version": "1", "state": "READY" },
            { "name": "seven", "version": "1", "state": "READY" }, { "name": "default", "version": "1", "state": "READY" } ] }
            """),
    };

    private readonly CancellationToken none = TestContext.Current.CancellationToken;
    private readonly InferenceClient client = new(service.Channel);

    public static TheoryData<string> CallNames => [.. Calls.Keys];

    [Theory]
    [MemberData(nameof(CallNames))]
    public async Task Call_OfTheProtocol_ReturnsWhatRestReturns(string call)
    {
        var answer = await Calls[call].Send(client, none);

        Assert.Equal(Calls[call].Answer.ReplaceLineEndings(" "), answer.ToString());
    }

    [Fact]
    public async Task ModelStatistics_AfterAnAnswerAndAnError_CountsBoth()
    {
        await using var host = new ServiceHost(service.Repository);
        (await host.ReadyClientAsync()).Dispose();
        using var channel = host.Channel();
        var own = new InferenceClient(channel);
        await own.ModelInferAsync(InferTests.RawCrops("seven", 3), cancellationToken: none);
        await Assert.ThrowsAsync<RpcException>(async () => await own.ModelInferAsync(
            new ModelInferRequest { ModelName = "seven" }, cancellationToken: none));

        var all = await own.ModelStatisticsAsync(new ModelStatisticsRequest(), cancellationToken: none);
        var one = await own.ModelStatisticsAsync(new ModelStatisticsRequest { Name = "seven", Version = "1" }, cancellationToken: none);

        Assert.Equal(["cifar-a", "cifar-b", "seven", "default"], all.ModelStats.Select(model => model.Name));
        var seven = Assert.Single(one.ModelStats);
        Assert.Equal((3UL, 1UL), (seven.InferenceCount, seven.ExecutionCount));
        var times = seven.InferenceStats;
        Assert.Equal((1UL, 1UL, 1UL, 0UL), (times.Success.Count, times.Fail.Count, times.ComputeOutput.Count, times.CacheHit.Count));
        Assert.True(times.ComputeInfer.Ns > 0);
        Assert.Equal((3UL, 1UL), (Assert.Single(seven.BatchStats).BatchSize, seven.BatchStats[0].ComputeInfer.Count));
    }

    [Fact]
    public async Task RepositoryModel_UnloadAndLoad_ChangeWhatIsServed()
    {
        using var repository = new TestRepository();
        await using var host = new ServiceHost(repository);
        (await host.ReadyClientAsync()).Dispose();
        using var channel = host.Channel();
        var own = new InferenceClient(channel);

        await own.RepositoryModelUnloadAsync(new RepositoryModelUnloadRequest { ModelName = "seven" }, cancellationToken: none);
        var gone = await own.ModelReadyAsync(new ModelReadyRequest { Name = "seven" }, cancellationToken: none);
        repository.PublishSeven(version: 2);
        await own.RepositoryModelLoadAsync(new RepositoryModelLoadRequest { ModelName = "seven" }, cancellationToken: none);
        var loaded = await own.ModelReadyAsync(new ModelReadyRequest { Name = "seven", Version = "2" }, cancellationToken: none);

        Assert.Equal((false, true), (gone.Ready, loaded.Ready));
    }

    [Theory]
    [InlineData("", HealthCheckResponse.Types.ServingStatus.Serving)]
    [InlineData("inference.GRPCInferenceService", HealthCheckResponse.Types.ServingStatus.Serving)]
    public async Task Health_OfAReadyService_IsServing(string name, HealthCheckResponse.Types.ServingStatus status)
    {
        var health = new HealthClient(service.Channel);

        var answer = await health.CheckAsync(new HealthCheckRequest { Service = name }, cancellationToken: none);

        Assert.Equal(status, answer.Status);
    }

    [Fact]
    public async Task HealthWatch_OfAReadyService_SendsItsStatus()
    {
        using var watch = new HealthClient(service.Channel).Watch(new HealthCheckRequest(), cancellationToken: none);

        Assert.True(await watch.ResponseStream.MoveNext(none));

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, watch.ResponseStream.Current.Status);
    }

    [Fact]
    public async Task Reflection_Services_AreListed()
    {
        var reflection = new ServerReflection.ServerReflectionClient(service.Channel);
        using var call = reflection.ServerReflectionInfo(cancellationToken: none);
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" }, none);
        await call.RequestStream.CompleteAsync();
        Assert.True(await call.ResponseStream.MoveNext(none));

        var names = call.ResponseStream.Current.ListServicesResponse.Service.Select(each => each.Name).ToArray();
        Assert.Contains("inference.GRPCInferenceService", names);
        Assert.Contains("grpc.health.v1.Health", names);
    }

    // Extensions that ServerMetadata does not list.
    [Theory]
    [InlineData("SystemSharedMemoryStatus")]
    [InlineData("SystemSharedMemoryRegister")]
    [InlineData("SystemSharedMemoryUnregister")]
    [InlineData("CudaSharedMemoryStatus")]
    [InlineData("CudaSharedMemoryRegister")]
    [InlineData("CudaSharedMemoryUnregister")]
    [InlineData("TraceSetting")]
    [InlineData("LogSettings")]
    public async Task Call_OfAMissingExtension_IsUnimplemented(string name)
    {
        var method = new Method<ServerLiveRequest, ServerLiveResponse>(
            MethodType.Unary,
            "inference.GRPCInferenceService",
            name,
            Marshallers.Create(message => message.ToByteArray(), ServerLiveRequest.Parser.ParseFrom),
            Marshallers.Create(message => message.ToByteArray(), ServerLiveResponse.Parser.ParseFrom));

        var error = await Assert.ThrowsAsync<RpcException>(async () => await service.Channel.CreateCallInvoker().AsyncUnaryCall(
            method, null, new CallOptions(cancellationToken: none), new ServerLiveRequest()));

        Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
    }
}
