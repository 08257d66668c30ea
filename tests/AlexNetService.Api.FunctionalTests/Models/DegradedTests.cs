using System.Net;
using System.Text.Json.Nodes;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.FunctionalTests.Processes;
using static AlexNetService.Api.FunctionalTests.Hosting.Requests;

namespace AlexNetService.Api.FunctionalTests.Models;

public sealed class DegradedTests
{
    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_NewestVersionHalfCopied_ServesTheOlderOneAndSaysSoWithoutPaths()
    {
        using var repository = new TestRepository();
        Directory.CreateDirectory(Path.Combine(repository.Root, "seven", "2"));
        var (process, client) = await ServiceProcess.ReadyAsync(repository.Root);
        using var running = process;
        using var sender = client;

        var logged = await process.LoggedAsync("Degraded");
        using var response = await client.GetAsync("/health/ready", none);
        var text = await response.Content.ReadAsStringAsync(none);
        var health = JsonNode.Parse(text) ?? throw new InvalidOperationException("The answer is empty.");
        var seven = List(health, "models").Single(model => Text(model, "name") == "seven");
        var metrics = await client.GetStringAsync("/metrics", none);

        Assert.Equal((1, 2), (Number<int>(logged, "Version"), Number<int>(logged, "RefusedVersion")));
        Assert.Contains("card.json", Text(logged, "Reason"), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.OK, "degraded"), (response.StatusCode, Text(health, "status")));
        Assert.Equal((1, "ready"), (Number<int>(seven, "version"), Text(seven, "state")));
        Assert.Contains("Version 2 was refused", Text(seven, "reason"), StringComparison.Ordinal);
        Assert.DoesNotContain(repository.Root, text, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^alexnet_models_degraded(\{[^}]*\})? 1\b", metrics);
    }

    [Fact]
    public async Task Ready_RefusedLoad_ShowsNoPathsAndTheModelItselfSaysWhy()
    {
        using var repository = new TestRepository();
        await using var host = new ServiceHost(repository);
        using var client = await host.ReadyClientAsync();
        Directory.CreateDirectory(Path.Combine(repository.Root, "seven", "2"));

        using var load = await client.PostAsync("/v2/repository/models/seven/load", content: null, none);
        var health = await client.GetStringAsync("/health/ready", none);
        var details = await client.GetStringAsync("/v1/models/seven", none);

        Assert.Equal(HttpStatusCode.Conflict, load.StatusCode);
        Assert.Contains("\"status\":\"degraded\"", health, StringComparison.Ordinal);
        Assert.DoesNotContain(repository.Root, health, StringComparison.Ordinal);
        Assert.Contains("card.json", details, StringComparison.Ordinal);
    }
}
