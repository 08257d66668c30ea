using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using AlexNetService.Api.FunctionalTests.Grpc;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.Grpc;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Mvc;
using static AlexNetService.Api.FunctionalTests.Hosting.Requests;

namespace AlexNetService.Api.FunctionalTests.Balancer;

/// <summary>nginx with the files of <c>deploy/nginx</c>, in front of two replicas or none.</summary>
public sealed class BalancerTests(SharedService service)
{
    private const int Clients = 4;
    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Replicas_OneKilledAndOneReplacedUnderLoad_NoRequestFails()
    {
        using var replicas = await Replicas.NoneAsync(service);
        var first = await replicas.StartAsync(0);
        var second = await replicas.StartAsync(1);
        using var enough = new CancellationTokenSource();
        var statuses = new ConcurrentDictionary<HttpStatusCode, int>();
        var load = Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => LoadAsync(replicas.Client, statuses, enough.Token)));
        await Task.Delay(1000, none);

        first.Stop();
        first.Dispose();
        await Task.Delay(1000, none);
        using var again = await replicas.StartAsync(0);
        second.Terminate();
        Assert.Equal(0, await second.ExitCodeAsync());
        second.Dispose();
        using var replaced = await replicas.StartAsync(1);
        await Task.Delay(1000, none);
        await enough.CancelAsync();
        await load;

        Assert.Equal([HttpStatusCode.OK], statuses.Keys);
        Assert.True(statuses[HttpStatusCode.OK] > 10 * Clients);
    }

    [Fact]
    public async Task Replicas_BothOverloaded_AnswerThemselvesWithRetryAfter()
    {
        const int Requests = 400;
        using var replicas = await Replicas.NoneAsync(service, new() { ["Queue__LimitCrops"] = "20" });
        using var first = await replicas.StartAsync(0);
        using var second = await replicas.StartAsync(1);

        var answers = await Task.WhenAll(Enumerable.Range(0, Requests).Select(async _ =>
        {
            using var answer = await replicas.Client.PostAsync("/v1/classify", Raw(Pictures.Jpeg()), none);
            return (answer.StatusCode, Later: answer.Headers.RetryAfter is not null);
        }));

        Assert.Equal(
            [(HttpStatusCode.OK, false), (HttpStatusCode.ServiceUnavailable, true)],
            answers.Distinct().OrderBy(answer => answer.StatusCode));
    }

    [Theory]
    [InlineData("/metrics", HttpStatusCode.Forbidden)]
    [InlineData("/V2/repository/models/one/load", HttpStatusCode.Forbidden)]
    [InlineData("/v1/classify", HttpStatusCode.ServiceUnavailable)]
    public async Task Balancer_WithoutReplicas_RefusesInTheFormOfTheService(string route, HttpStatusCode status)
    {
        using var replicas = await Replicas.NoneAsync(service);

        using var answer = await replicas.Client.PostAsync(route, Raw(Pictures.Jpeg()), none);
        var problem = await answer.Content.ReadFromJsonAsync<ProblemDetails>(none);

        Assert.Equal(status, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal((int)status, problem?.Status);
        Assert.Equal(status == HttpStatusCode.ServiceUnavailable, answer.Headers.RetryAfter is not null);
    }

    [Fact]
    public async Task Balancer_RequestWithoutTrace_StartsOneThatTheReplicaContinues()
    {
        using var replicas = await Replicas.NoneAsync(service);
        using var replica = await replicas.StartAsync(0);

        using var answer = await replicas.Client.PostAsync("/v1/classify", Raw([]), none);
        var problem = await answer.Content.ReadFromJsonAsync<ProblemDetails>(none);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(answer.Headers.GetValues("X-Request-Id").Single(), $"{problem?.Extensions["traceId"]}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Balancer_BodyBeyondTheServicesLimit_IsRefused()
    {
        using var replicas = await Replicas.NoneAsync(service);
        using var body = new ByteArrayContent(new byte[100_000_001]);

        using var answer = await replicas.Client.PostAsync("/v1/classify/batch", body, none);
        var problem = await answer.Content.ReadFromJsonAsync<ProblemDetails>(none);

        Assert.Equal(413, problem?.Status);
    }

    [Fact]
    public async Task GrpcCall_ThroughTheBalancer_IsAnsweredByTheReplicaThatIsThere()
    {
        using var replicas = await Replicas.NoneAsync(service);
        using var second = await replicas.StartAsync(1);
        using var channel = GrpcChannel.ForAddress(replicas.GrpcAddress);
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);

        var answer = await client.ModelInferAsync(InferTests.RawCrops("cifar-a", 2), cancellationToken: none);
        var change = await Assert.ThrowsAsync<RpcException>(async () => await client.RepositoryModelUnloadAsync(
            new RepositoryModelUnloadRequest { ModelName = "seven" }, cancellationToken: none));

        Assert.Equal([2, 10], answer.Outputs[0].Shape);
        Assert.Equal(StatusCode.PermissionDenied, change.StatusCode);
    }

    [Fact]
    public async Task GrpcStream_ThroughTheBalancer_IsAnsweredRequestByRequest()
    {
        using var replicas = await Replicas.NoneAsync(service);
        using var replica = await replicas.StartAsync(0);
        using var channel = GrpcChannel.ForAddress(replicas.GrpcAddress);
        using var stream = new GRPCInferenceService.GRPCInferenceServiceClient(channel).ModelStreamInfer(cancellationToken: none);

        for (var rows = 1; rows <= 2; rows++)
        {
            await stream.RequestStream.WriteAsync(InferTests.RawCrops("cifar-a", rows), none);
            Assert.True(await stream.ResponseStream.MoveNext(none));
            Assert.Equal([rows, 10], stream.ResponseStream.Current.InferResponse.Outputs[0].Shape);
        }
    }

    [Fact]
    public async Task GrpcCall_WithoutReplicas_IsUnavailable()
    {
        using var replicas = await Replicas.NoneAsync(service);
        using var channel = GrpcChannel.ForAddress(replicas.GrpcAddress);

        var error = await Assert.ThrowsAsync<RpcException>(async () => await new GRPCInferenceService.GRPCInferenceServiceClient(channel)
            .ModelInferAsync(InferTests.RawCrops("cifar-a", 2), cancellationToken: none));

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
    }

    private static async Task LoadAsync(HttpClient client, ConcurrentDictionary<HttpStatusCode, int> statuses, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            using var answer = await client.PostAsync("/v1/classify", Raw(Pictures.Jpeg()), TestContext.Current.CancellationToken);
            statuses.AddOrUpdate(answer.StatusCode, 1, (_, count) => count + 1);
        }
    }
}
