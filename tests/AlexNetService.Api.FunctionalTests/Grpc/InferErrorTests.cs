using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.FunctionalTests.OpenInference;
using AlexNetService.Api.Grpc;
using AlexNetService.Api.Models;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Tests.Graphs;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using HealthClient = Grpc.Health.V1.Health.HealthClient;
using InferenceClient = AlexNetService.Api.Grpc.GRPCInferenceService.GRPCInferenceServiceClient;
using Output = AlexNetService.Api.Grpc.ModelInferRequest.Types.InferRequestedOutputTensor;
using Serving = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace AlexNetService.Api.FunctionalTests.Grpc;

/// <summary>Errors have the code of gRPC and the sentence of REST.</summary>
public sealed class InferErrorTests(SharedService service)
{
    private static readonly Dictionary<string, (Action<ModelInferRequest> Change, StatusCode Code, string Why)> Faults = new()
    {
        ["unknown model"] = (request => request.ModelName = "nobody", StatusCode.NotFound, "'nobody' is not served. Available: cifar-a"),
        ["unknown version"] = (request => request.ModelVersion = "2", StatusCode.NotFound, "version 1 is"),
        ["no input"] = (request => request.Inputs.Clear(), StatusCode.InvalidArgument, "raw_input_contents has 1 tensors for 0 inputs"),
        ["unknown input"] = (
            request => request.Inputs[0].Name = "picture", StatusCode.InvalidArgument, "Send 'image' of UINT8 [-1,3,28,28]"),
        ["another type"] = (request => request.Inputs[0].Datatype = "INT64", StatusCode.InvalidArgument, "no input 'image' of INT64"),
        ["another shape"] = (request => request.Inputs[0].Shape[1] = 4, StatusCode.InvalidArgument, "has the shape [1,4,28,28]"),
        ["endless shape"] = (
            request => request.Inputs[0].Shape.Add(Enumerable.Repeat(1L, 100)), StatusCode.InvalidArgument, "has 104 dimensions"),
        ["too few bytes"] = (
            request => request.RawInputContents[0] = ByteString.CopyFrom(1, 2),
            StatusCode.InvalidArgument,
            "2 bytes; its shape needs 2352"),
        ["no contents"] = (
            request => request.RawInputContents.Clear(), StatusCode.InvalidArgument, "neither contents nor raw_input_contents"),
        ["both contents"] = (
            request => request.Inputs[0].Contents = new InferTensorContents(), StatusCode.InvalidArgument, "both contents and"),
        ["a value beyond the type"] = (
            request =>
            {
                request.RawInputContents.Clear();
                request.Inputs[0].Contents = new InferTensorContents { UintContents = { 256 } };
            },
            StatusCode.InvalidArgument,
            "does not fit UINT8"),
        ["fewer photographs than the shape"] = (
            request =>
            {
                request.RawInputContents.Clear();
                request.Inputs[0].Datatype = "BYTES";
                request.Inputs[0].Shape.Clear();
                request.Inputs[0].Shape.Add(2);
                request.Inputs[0].Contents = new InferTensorContents { BytesContents = { ByteString.CopyFrom(1) } };
            },
            StatusCode.InvalidArgument,
            "1 elements, but the shape [2]"),
        ["not a photograph"] = (
            request =>
            {
                request.Inputs[0].Datatype = "BYTES";
                request.Inputs[0].Shape.Clear();
                request.Inputs[0].Shape.Add(1);
                request.RawInputContents[0] = ByteString.CopyFrom(TensorRequests.Prefixed("no picture"u8.ToArray()));
            },
            StatusCode.InvalidArgument,
            "Element 0 of the tensor"),
        ["unknown output"] = (request => request.Outputs.Add(new Output { Name = "top" }), StatusCode.InvalidArgument, "no output 'top'"),
        ["crops of crops"] = (
            request => request.Parameters["crops"] = new() { Int64Param = 1 }, StatusCode.InvalidArgument, "applies to photographs only"),
        ["a sequence"] = (
            request => request.Parameters["sequence_id"] = new() { Int64Param = 7 }, StatusCode.InvalidArgument, "Sequences are not"),
        ["a named sequence"] = (
            request => request.Parameters["sequence_id"] = new() { StringParam = "a" }, StatusCode.InvalidArgument, "Sequences are not"),
        ["a priority"] = (
            request => request.Parameters["priority"] = new() { Uint64Param = 2 }, StatusCode.InvalidArgument, "priority is 2"),
        ["a negative timeout"] = (
            request => request.Parameters["timeout"] = new() { Int64Param = -1 }, StatusCode.InvalidArgument, "timeout is -1"),
        ["a timeout as text"] = (
            request => request.Parameters["timeout"] = new() { StringParam = "1" }, StatusCode.InvalidArgument, "must be an int64_param"),
        ["shared memory in"] = (
            request =>
            {
                request.RawInputContents.Clear();
                request.Inputs[0].Parameters["shared_memory_region"] = new() { StringParam = "in" };
            },
            StatusCode.InvalidArgument,
            "Shared memory is not supported"),
        ["shared memory out"] = (
            request => request.Outputs.Add(new Output
            {
                Name = "probabilities",
                Parameters = { ["shared_memory_region"] = new() { StringParam = "out" } },
            }),
            StatusCode.InvalidArgument,
            "Shared memory is not supported"),
    };

    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    public static TheoryData<string> FaultNames => [.. Faults.Keys];

    [Theory]
    [MemberData(nameof(FaultNames))]
    public async Task Infer_InvalidRequest_HasTheCodeAndTheReason(string fault)
    {
        var (change, code, why) = Faults[fault];
        var request = InferTests.RawCrops("cifar-a", 1);
        change(request);

        var error = await RefusedAsync(new InferenceClient(service.Channel), request);

        Assert.Equal(code, error.StatusCode);
        Assert.Contains(why, error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Infer_EndlessName_HasAShortReason()
    {
        var request = InferTests.RawCrops(new string('n', 100_000), 1);

        var error = await RefusedAsync(new InferenceClient(service.Channel), request);

        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        Assert.InRange(error.Status.Detail.Length, 900, 1100);
    }

    [Fact]
    public async Task Infer_FullQueue_IsUnavailableWithTheTimeToWait()
    {
        await using var host = new ServiceHost(service.Repository, new() { ["Queue:LimitCrops"] = "1" });
        (await host.ReadyClientAsync()).Dispose();
        using var channel = host.Channel();
        var request = InferTests.RawCrops("default", 1);
        request.Inputs[0].Datatype = "BYTES";
        request.Inputs[0].Shape.Clear();
        request.Inputs[0].Shape.Add(1);
        request.RawInputContents[0] = ByteString.CopyFrom(TensorRequests.Prefixed(Pictures.Jpeg()));

        var error = await RefusedAsync(new InferenceClient(channel), request);

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Equal("1000", error.Trailers.GetValue("grpc-retry-pushback-ms"));
    }

    [Fact]
    public async Task Infer_TooManyBytes_IsResourceExhausted()
    {
        await using var host = new ServiceHost(service.Repository, new() { ["OpenInference:MaxBodyBytes"] = "2000" });
        (await host.ReadyClientAsync()).Dispose();
        using var channel = host.Channel();

        var error = await RefusedAsync(new InferenceClient(channel), InferTests.RawCrops("cifar-a", 1));

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
    }

    [Fact]
    public async Task Infer_MoreThanAllBodiesMayHave_IsUnavailableAndSmallerOnesAreAnswered()
    {
        await using var host = new ServiceHost(service.Repository, new() { ["Limits:BytesOfAllBodies"] = "1000000" });
        (await host.ReadyClientAsync()).Dispose();
        using var channel = host.Channel();
        var client = new InferenceClient(channel);
        var large = InferTests.RawCrops("cifar-a", 1);
        large.RawInputContents[0] = ByteString.CopyFrom(new byte[1_500_000]);

        var error = await RefusedAsync(client, large);

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Contains("Limits:BytesOfAllBodies", error.Status.Detail, StringComparison.Ordinal);
        Assert.Equal("2000", error.Trailers.GetValue("grpc-retry-pushback-ms"));
        Assert.Equal("cifar-a", (await client.ModelInferAsync(InferTests.RawCrops("cifar-a", 1), cancellationToken: none)).ModelName);
    }

    [Fact]
    public async Task Infer_DeadlineThatPassesInTheQueue_LeavesTheQueue()
    {
        var clock = new GatedClock();
        await using var host = new ServiceHost(service.Repository, replace: services => services.AddSingleton<TimeProvider>(clock));
        (await host.ReadyClientAsync()).Dispose();
        using var channel = host.Channel();
        var (client, engine) = (new InferenceClient(channel), host.Services.GetRequiredService<InferenceEngine>());
        var running = client.ModelInferAsync(InferTests.RawCrops("cifar-a", 1), cancellationToken: none);
        await clock.Reached;

        // The engine is held with the first request in a run.
        var deadline = TimeProvider.System.GetUtcNow().AddSeconds(1).UtcDateTime;
        var error = await Assert.ThrowsAsync<RpcException>(async () =>
            await client.ModelInferAsync(InferTests.RawCrops("cifar-a", 3), deadline: deadline, cancellationToken: none));
        while (engine.WaitingCrops > 0)
        {
            await Task.Delay(20, none);
        }

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        clock.Open();
        Assert.Equal("cifar-a", (await running).ModelName);
    }

    [Fact]
    public async Task Call_WhileModelsLoad_IsUnavailableAndNothingIsReady()
    {
        await using var host = new ServiceHost(service.Repository, replace: services =>
            services.Remove(services.Single(registered => registered.ImplementationType == typeof(ModelLoader))));
        host.CreateClient().Dispose();
        using var channel = host.Channel();
        var client = new InferenceClient(channel);

        var error = await RefusedAsync(client, InferTests.RawCrops("cifar-a", 1));
        var metadata = await Assert.ThrowsAsync<RpcException>(async () =>
            await client.ModelMetadataAsync(new ModelMetadataRequest { Name = "cifar-a" }, cancellationToken: none));

        Assert.Equal((StatusCode.Unavailable, StatusCode.Unavailable), (error.StatusCode, metadata.StatusCode));
        Assert.NotEmpty(error.Trailers.GetValue("grpc-retry-pushback-ms") ?? "");
        await NothingIsReadyAsync(client, new HealthClient(channel));
    }

    [Fact]
    public async Task Call_WhileTheServiceStops_IsAnsweredAndNothingIsReady()
    {
        using var lifetime = new StoppingLifetime();
        using var served = new ServedModels(lifetime);
        await using var host = new ServiceHost(service.Repository, replace: services => services.AddSingleton(served));
        (await host.ReadyClientAsync()).Dispose();
        using var channel = host.Channel();
        var client = new InferenceClient(channel);
        lifetime.StopApplication();

        Assert.Equal("cifar-a", (await client.ModelInferAsync(InferTests.RawCrops("cifar-a", 1), cancellationToken: none)).ModelName);
        await NothingIsReadyAsync(client, new HealthClient(channel));
    }

    private async Task NothingIsReadyAsync(InferenceClient client, HealthClient health)
    {
        Assert.True((await client.ServerLiveAsync(new ServerLiveRequest(), cancellationToken: none)).Live);
        Assert.False((await client.ServerReadyAsync(new ServerReadyRequest(), cancellationToken: none)).Ready);
        Assert.Equal(Serving.NotServing, (await health.CheckAsync(new(), cancellationToken: none)).Status);
    }

    private async Task<RpcException> RefusedAsync(InferenceClient client, ModelInferRequest request) =>
        await Assert.ThrowsAsync<RpcException>(async () => await client.ModelInferAsync(request, cancellationToken: none));
}
