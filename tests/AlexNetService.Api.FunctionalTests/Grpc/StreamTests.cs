using System.Globalization;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.Grpc;
using AlexNetService.Inference.Tests.Graphs;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using static AlexNetService.Api.FunctionalTests.Grpc.InferTests;
using InferenceClient = AlexNetService.Api.Grpc.GRPCInferenceService.GRPCInferenceServiceClient;
using Stream = Grpc.Core.AsyncDuplexStreamingCall<
    AlexNetService.Api.Grpc.ModelInferRequest, AlexNetService.Api.Grpc.ModelStreamInferResponse>;

namespace AlexNetService.Api.FunctionalTests.Grpc;

/// <summary>Requests in one call, as NVIDIA's clients send them with <c>--streaming</c> (_infer_stream.py).</summary>
public sealed class StreamTests(SharedService service)
{
    private readonly CancellationToken none = TestContext.Current.CancellationToken;
    private readonly InferenceClient client = new(service.Channel);

    [Fact]
    public async Task Stream_RequestsSentAtOnce_AreAnsweredInTheirOrder()
    {
        using var stream = client.ModelStreamInfer(cancellationToken: none);
        foreach (var rows in new[] { 1, 2, 3 })
        {
            await stream.RequestStream.WriteAsync(Crops("cifar-a", rows), none);
        }

        await stream.RequestStream.CompleteAsync();
        var answers = await stream.ResponseStream.ReadAllAsync(none).ToListAsync(none);

        Assert.All(answers, answer => Assert.Equal("", answer.ErrorMessage));
        Assert.Equal(["1", "2", "3"], answers.Select(answer => answer.InferResponse.Id));
        var alone = await client.ModelInferAsync(Crops("cifar-a", 3), cancellationToken: none);
        Assert.Equal(
            Floats(alone.RawOutputContents[0]), Floats(answers[2].InferResponse.RawOutputContents[0]), (a, b) => Math.Abs(a - b) < 1e-5f);
    }

    [Fact]
    public async Task Stream_RequestThatFails_IsAnsweredWithTheSentenceAndTheNextOneToo()
    {
        using var stream = client.ModelStreamInfer(cancellationToken: none);

        var refused = await AskAsync(stream, new ModelInferRequest { ModelName = "nobody", Id = "a-7" });
        var answered = await AskAsync(stream, Crops("cifar-a", 1));

        Assert.StartsWith("'nobody' is not served.", refused.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal(new ModelInferResponse { Id = "a-7" }, refused.InferResponse);
        Assert.Equal(("", "cifar-a"), (answered.ErrorMessage, answered.InferResponse.ModelName));
    }

    [Fact]
    public async Task Stream_MoreRequestsThanTheRateAllows_AreRefused()
    {
        await using var host = new ServiceHost(
            service.Repository, new() { ["RateLimit:RequestsPerSecond"] = "0.001", ["RateLimit:Burst"] = "2" });
        using var channel = await ChannelAsync(host);
        using var stream = new InferenceClient(channel).ModelStreamInfer(cancellationToken: none);

        var errors = new List<string>();
        for (var request = 0; request < 3; request++)
        {
            errors.Add((await AskAsync(stream, Crops("cifar-a", 1))).ErrorMessage);
        }

        Assert.Equal(["", ""], errors[..2]);
        Assert.Contains("RateLimit", errors[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_RequestsBeyondTheBudgetTogether_AreAnsweredBecauseEachCountsOnlyUntilItsAnswer()
    {
        await using var host = new ServiceHost(service.Repository, new() { ["Limits:BytesOfAllBodies"] = "1000000" });
        using var channel = await ChannelAsync(host);
        using var stream = new InferenceClient(channel).ModelStreamInfer(cancellationToken: none);
        var bytes = Crops("cifar-a", 100).CalculateSize();

        for (var sent = 0; sent <= 2_000_000; sent += bytes)
        {
            Assert.Equal("", (await AskAsync(stream, Crops("cifar-a", 100))).ErrorMessage);
        }
    }

    [Fact]
    public async Task Stream_WithoutARequestForTheTimeOfABody_Ends()
    {
        var clock = new HandClock();
        await using var host = new ServiceHost(service.Repository, replace: services => services.AddSingleton<TimeProvider>(clock));
        using var channel = await ChannelAsync(host);
        using var stream = new InferenceClient(channel).ModelStreamInfer(cancellationToken: none);
        for (var request = 0; request < 2; request++)
        {
            // Each request has the whole time.
            clock.Advance(TimeSpan.FromSeconds(100));
            Assert.Equal("", (await AskAsync(stream, Crops("cifar-a", 1))).ErrorMessage);
        }

        var next = stream.ResponseStream.MoveNext(none);
        while (!next.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(100));
            await Task.Delay(20, none);
        }

        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => next)).StatusCode);
    }

    [Fact]
    public async Task Stream_ServiceThatStops_Ends()
    {
        // Without a grace period the connection closes with the stream, and the client may see that before it reads the status.
        await using var host = new ServiceHost(service.Repository, new() { ["Drain:GraceSeconds"] = "2" });
        using var channel = await ChannelAsync(host);
        using var stream = new InferenceClient(channel).ModelStreamInfer(cancellationToken: none);
        await AskAsync(stream, Crops("cifar-a", 1));

        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        var error = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(none));

        Assert.Equal(
            (StatusCode.Unavailable, "The service is stopping. Try again in a few seconds; /health/ready shows the state."),
            (error.StatusCode, error.Status.Detail));
    }

    private static ModelInferRequest Crops(string model, int rows)
    {
        var request = RawCrops(model, rows);
        request.Id = rows.ToString(CultureInfo.InvariantCulture);
        return request;
    }

    private async Task<ModelStreamInferResponse> AskAsync(Stream stream, ModelInferRequest request)
    {
        await stream.RequestStream.WriteAsync(request, none);
        Assert.True(await stream.ResponseStream.MoveNext(none));
        return stream.ResponseStream.Current;
    }

    private static async Task<GrpcChannel> ChannelAsync(ServiceHost host)
    {
        (await host.ReadyClientAsync()).Dispose();
        return host.Channel();
    }
}
