using System.Net;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.Models;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Tests.Graphs;
using Microsoft.Extensions.DependencyInjection;
using static AlexNetService.Api.FunctionalTests.Hosting.Requests;

namespace AlexNetService.Api.FunctionalTests.Classify;

public sealed class OverloadTests(SharedService service)
{
    [Fact]
    public async Task Classify_MoreCropsThanTheQueueHolds_Is503WithRetryAfterAndSmallerRequestsAreAnswered()
    {
        await using var host = new ServiceHost(service.Repository, new() { ["Queue:LimitCrops"] = "5" });
        using var client = await host.ReadyClientAsync();

        using var refused = await client.PostAsync("/v1/classify", Raw(Pictures.Jpeg()), TestContext.Current.CancellationToken);

        Assert.Contains("fewer crops", await refused.ProblemAsync(HttpStatusCode.ServiceUnavailable), StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
        Assert.Equal(5, List(await client.ClassifyAsync("?crops=1"), "predictions").Count);
    }

    [Fact]
    public async Task Classify_FullQueueAndLeavingClients_RefusesAndThenAnswersTheOthers()
    {
        var clock = new GatedClock();
        await using var host = new ServiceHost(
            service.Repository, new() { ["Queue:LimitCrops"] = "40" }, services => services.AddSingleton<TimeProvider>(clock));
        using var client = await host.ReadyClientAsync();
        var engine = host.Services.GetRequiredService<InferenceEngine>();
        var running = client.ClassifyAsync("?models=cifar-a");
        await clock.Reached;

        // The engine is held with ten crops in a run; forty more may wait.
        using var leaving = new CancellationTokenSource();
        var left = client.PostAsync("/v1/classify", Raw(Pictures.Jpeg()), leaving.Token);
        var stayed = client.ClassifyAsync();
        await Waiting(engine, 40);
        using var refused = await client.PostAsync("/v1/classify?crops=1", Raw(Pictures.Jpeg()), TestContext.Current.CancellationToken);
        await refused.ProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        await Waiting(engine, 20);
        var taken = client.ClassifyAsync("?crops=1");
        await Waiting(engine, 22);

        clock.Open();
        Assert.Equal(5, List(await running, "predictions").Count);
        Assert.Equal(5, List(await stayed, "predictions").Count);
        Assert.Equal(5, List(await taken, "predictions").Count);
        Assert.Equal(0, engine.WaitingCrops);
    }

    [Fact]
    public async Task Classify_TimedOutWhileQueued_Is503WithRetryAfterAndWasNotRun()
    {
        var clock = new GatedClock();
        await using var host = new ServiceHost(
            service.Repository, new() { ["Queue:DeadlineMs"] = "60000" }, services => services.AddSingleton<TimeProvider>(clock));
        using var client = await host.ReadyClientAsync();
        var engine = host.Services.GetRequiredService<InferenceEngine>();
        var running = client.ClassifyAsync("?models=cifar-a");
        await clock.Reached;

        // The engine is held with the first request in a run, and the second request times out in the queue.
        var waiting = client.PostAsync("/v1/classify", Raw(Pictures.Jpeg()), TestContext.Current.CancellationToken);
        await Waiting(engine, 20);
        await Until(() => Ringing(waiting, clock));
        using var expired = await waiting;

        Assert.Contains("was not run", await expired.ProblemAsync(HttpStatusCode.ServiceUnavailable), StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(1), expired.Headers.RetryAfter?.Delta);
        Assert.Equal(0, engine.WaitingCrops);
        clock.Open();
        Assert.Equal(5, List(await running, "predictions").Count);
    }

    [Fact]
    public async Task Classify_WhileModelsLoad_Is503WithRetryAfterAndReadyShowsTheReason()
    {
        await using var host = new ServiceHost(service.Repository, replace: services =>
            services.Remove(services.Single(registered => registered.ImplementationType == typeof(ModelLoader))));
        using var client = host.CreateClient();

        using var refused = await client.PostAsync("/v1/classify", Raw(Pictures.Jpeg()), TestContext.Current.CancellationToken);
        using var models = await client.GetAsync("/v1/models", TestContext.Current.CancellationToken);
        using var ready = await client.GetAsync("/health/ready", TestContext.Current.CancellationToken);
        using var live = await client.GetAsync("/health/live", TestContext.Current.CancellationToken);

        await refused.ProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.NotNull(refused.Headers.RetryAfter?.Delta);
        await models.ProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        var health = await ready.JsonAsync();
        Assert.Equal("loading", Text(health, "status"));
        Assert.Single(List(health, "reasons"));
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
    }

    [Fact]
    public async Task Classify_WhileTheServiceStops_IsAnsweredDuringTheGracePeriodAndThen503()
    {
        using var stopping = new StoppingLifetime();
        using var served = new ServedModels(stopping);
        await using var host = new ServiceHost(service.Repository, replace: services => services.AddSingleton(served));
        using var client = await host.ReadyClientAsync();
        stopping.StopApplication();
        using var late = await client.PostAsync("/v1/classify", Raw(Pictures.Jpeg()), TestContext.Current.CancellationToken);
        served.Close();

        using var refused = await client.PostAsync("/v1/classify", Raw(Pictures.Jpeg()), TestContext.Current.CancellationToken);
        using var ready = await client.GetAsync("/health/ready", TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, true), (late.StatusCode, late.Headers.ConnectionClose));
        await refused.ProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.True(refused.Headers.ConnectionClose);
        Assert.NotNull(refused.Headers.RetryAfter?.Delta);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal("draining", Text(await ready.JsonAsync(), "status"));
    }

    private static bool Ringing(Task answer, GatedClock clock)
    {
        clock.RingTimers();
        return answer.IsCompleted;
    }

    private static Task Waiting(InferenceEngine engine, int crops) => Until(() => engine.WaitingCrops == crops);

    private static async Task Until(Func<bool> come)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(TimeSpan.FromMinutes(2));
        while (!come())
        {
            await Task.Delay(5, timeout.Token);
        }
    }
}
