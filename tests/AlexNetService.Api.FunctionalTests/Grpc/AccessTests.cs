using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.FunctionalTests.Processes;
using AlexNetService.Api.Grpc;
using Grpc.Core;
using Grpc.Net.Client;
using HealthClient = Grpc.Health.V1.Health.HealthClient;
using InferenceClient = AlexNetService.Api.Grpc.GRPCInferenceService.GRPCInferenceServiceClient;

namespace AlexNetService.Api.FunctionalTests.Grpc;

/// <summary>The keys, rates, log and metrics of REST apply to gRPC.</summary>
public sealed class AccessTests(SharedService service)
{
    private const string UserKey = "a key of somebody who classifies";
    private const string AdminKey = "a key of the operator";

    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, StatusCode.Unauthenticated, StatusCode.Unauthenticated)]
    [InlineData("a key of nobody", StatusCode.Unauthenticated, StatusCode.Unauthenticated)]
    [InlineData(UserKey, StatusCode.OK, StatusCode.PermissionDenied)]
    [InlineData(AdminKey, StatusCode.OK, StatusCode.OK)]
    public async Task Call_ServiceWithKeys_NeedsOneAndChangesNeedTheAdminKey(string? key, StatusCode infer, StatusCode load)
    {
        await using var host = new ServiceHost(service.Repository, new()
        {
            ["Security:Keys:somebody:Sha256"] = Hash(UserKey),
            ["Security:Keys:operator:Sha256"] = Hash(AdminKey),
            ["Security:Keys:operator:Admin"] = "true",
        });
        (await host.ReadyClientAsync()).Dispose();
        using var channel = host.Channel();
        var (client, metadata) = (new InferenceClient(channel), key is null ? [] : new Metadata { { "X-Api-Key", key } });

        Assert.Equal(infer, await CodeAsync(client.ModelInferAsync(InferTests.RawCrops("cifar-a", 1), metadata, cancellationToken: none)));
        Assert.Equal(load, await CodeAsync(client.RepositoryModelLoadAsync(
            new RepositoryModelLoadRequest { ModelName = "seven" }, metadata, cancellationToken: none)));
        Assert.Equal(StatusCode.OK, await CodeAsync(new HealthClient(channel).CheckAsync(new(), cancellationToken: none)));
    }

    [Fact]
    public async Task Call_WithoutAKey_NamesTheHeader()
    {
        await using var host = new ServiceHost(service.Repository, new() { ["Security:Keys:somebody:Sha256"] = Hash(UserKey) });
        (await host.ReadyClientAsync()).Dispose();
        using var channel = host.Channel();

        var error = await Assert.ThrowsAsync<RpcException>(async () =>
            await new InferenceClient(channel).ServerMetadataAsync(new ServerMetadataRequest(), cancellationToken: none));

        Assert.Equal(
            "Send a key for this service in the header X-Api-Key, or as Authorization: Bearer. Its operator issues keys.",
            error.Status.Detail);
        Assert.Contains(error.Trailers, trailer => trailer is { Key: "www-authenticate", Value: "Bearer realm=\"AlexNetService\"" });
        Assert.StartsWith("00-", error.Trailers.GetValue("x-request-id"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_WithABearerToken_IsAnswered()
    {
        await using var host = new ServiceHost(service.Repository, new() { ["Security:Keys:somebody:Sha256"] = Hash(UserKey) });
        (await host.ReadyClientAsync()).Dispose();
        using var channel = host.Channel();
        var metadata = new Metadata { { "authorization", $"Bearer {UserKey}" } };

        Assert.Equal(StatusCode.OK, await CodeAsync(
            new InferenceClient(channel).ServerMetadataAsync(new ServerMetadataRequest(), metadata, cancellationToken: none)));
    }

    [Fact]
    public async Task Call_AnsweredOrFailed_HasItsRequestId()
    {
        var client = new InferenceClient(service.Channel);
        var trace = ActivityTraceId.CreateRandom().ToString();
        var metadata = new Metadata { { "traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01" } };

        using var call = client.ServerMetadataAsync(new ServerMetadataRequest(), metadata, cancellationToken: none);
        var answered = (await call.ResponseHeadersAsync).GetValue("x-request-id");
        await call;
        var error = await Assert.ThrowsAsync<RpcException>(async () => await client.ModelMetadataAsync(
            new ModelMetadataRequest { Name = "nobody" }, metadata, cancellationToken: none));

        Assert.StartsWith($"00-{trace}-", answered, StringComparison.Ordinal);
        Assert.StartsWith($"00-{trace}-", error.Trailers.GetValue("x-request-id"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_MoreThanTheRateAllows_IsResourceExhaustedWithTheTimeToWait()
    {
        await using var host = new ServiceHost(
            service.Repository, new() { ["RateLimit:RequestsPerSecond"] = "0.001", ["RateLimit:Burst"] = "1" });
        (await host.ReadyClientAsync()).Dispose();
        using var channel = host.Channel();
        var client = new InferenceClient(channel);
        await client.ServerMetadataAsync(new ServerMetadataRequest(), cancellationToken: none);

        var error = await Assert.ThrowsAsync<RpcException>(async () =>
            await client.ServerMetadataAsync(new ServerMetadataRequest(), cancellationToken: none));

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        Assert.Contains("RateLimit", error.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(StatusCode.OK, await CodeAsync(new HealthClient(channel).CheckAsync(new(), cancellationToken: none)));
    }

    [Fact]
    public async Task Call_Failed_HasItsCodeInMetricsAndLog()
    {
        var (process, client) = await ServiceProcess.ReadyAsync(
            service.Repository.Root, new() { ["Grpc__Url"] = "http://127.0.0.1:0" });
        using (process)
        using (client)
        {
            using var channel = GrpcChannel.ForAddress(process.GrpcAddress);
            await Assert.ThrowsAsync<RpcException>(async () => await new InferenceClient(channel).ModelMetadataAsync(
                new ModelMetadataRequest { Name = "nobody" }, cancellationToken: none));

            var line = await process.LoggedAsync("HTTP \"POST\" \"/inference.GRPCInferenceService/ModelMetadata\"");
            var metrics = await client.GetStringAsync("/metrics", none);

            Assert.Equal("NotFound", line["GrpcStatus"]?.GetValue<string>());
            Assert.Contains(metrics.Split('\n'), metric =>
                metric.StartsWith("http_server_request_duration_seconds_count", StringComparison.Ordinal)
                && metric.Contains("rpc_grpc_status_code=\"5\"", StringComparison.Ordinal));
        }
    }

    private static async Task<StatusCode> CodeAsync<TAnswer>(AsyncUnaryCall<TAnswer> call)
    {
        try
        {
            await call;
            return StatusCode.OK;
        }
        catch (RpcException e)
        {
            return e.StatusCode;
        }
    }

    private static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
