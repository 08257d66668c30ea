using System.Net;
using System.Security.Cryptography;
using System.Text;
using AlexNetService.Api.FunctionalTests.Hosting;
using static AlexNetService.Api.FunctionalTests.OpenInference.TensorRequests;

namespace AlexNetService.Api.FunctionalTests.OpenInference;

/// <summary>Keys and limits for the routes of the protocol, whose clients read only its own form of errors.</summary>
public sealed class AccessTests(SharedService service)
{
    private const string UserKey = "a key of somebody who classifies";
    private const string AdminKey = "a key of the operator";

    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("load")]
    [InlineData("unload")]
    public async Task Repository_ChangeWithKeys_NeedsTheAdminKey(string change)
    {
        using var repository = new TestRepository();
        await using var host = new ServiceHost(repository, Keys());
        using var client = await host.ReadyClientAsync();
        var path = $"v2/repository/models/seven/{change}";

        using var noKey = await PostAsync(client, path, null);
        using var unknown = await PostAsync(client, path, "a key of nobody");
        using var user = await PostAsync(client, path, UserKey);
        using var before = await GetAsync(client, "v2/models/seven/ready", UserKey);
        using var admin = await PostAsync(client, path, AdminKey);
        using var after = await GetAsync(client, "v2/models/seven/ready", UserKey);

        Assert.Contains("X-Api-Key", await noKey.ErrorAsync(HttpStatusCode.Unauthorized), StringComparison.Ordinal);
        Assert.Equal(["Bearer", "ApiKey"], noKey.Headers.WwwAuthenticate.Select(challenge => challenge.Scheme));
        Assert.Contains("error=\"insufficient_scope\"", user.Headers.WwwAuthenticate.First().Parameter, StringComparison.Ordinal);
        await unknown.ErrorAsync(HttpStatusCode.Unauthorized);
        Assert.Contains("Admin", await user.ErrorAsync(HttpStatusCode.Forbidden), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (before.StatusCode, admin.StatusCode));
        Assert.Equal(change == "load" ? HttpStatusCode.OK : HttpStatusCode.NotFound, after.StatusCode);
    }

    [Theory]
    [InlineData("X-Forwarded-For", "192.0.2.7")]
    [InlineData("Origin", "http://elsewhere.example")]
    public async Task Repository_ChangeByARemoteCallerWithoutKeys_Is403(string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v2/repository/models/seven/unload");
        request.Headers.Add(header, value);
        using var response = await service.Client.SendAsync(request, none);

        Assert.Contains("Security:Keys", await response.ErrorAsync(HttpStatusCode.Forbidden), StringComparison.Ordinal);
        await service.Client.InferAsync("seven", BinaryCrops(Crops(1)));
    }

    [Fact]
    public async Task Send_ServiceWithKeys_RequiresOneExceptForHealth()
    {
        await using var host = new ServiceHost(service.Repository, Keys());
        using var client = await host.ReadyClientAsync();

        foreach (var path in new[] { "v2/health/live", "v2/health/ready" })
        {
            using var open = await client.GetAsync(path, none);
            Assert.Equal(HttpStatusCode.OK, open.StatusCode);
        }

        foreach (var path in new[] { "v2", "v2/models/stats", "v2/models/cifar-a", "v2/models/cifar-a/ready", "v2/models/cifar-a/config" })
        {
            using var refused = await client.GetAsync(path, none);
            using var answered = await GetAsync(client, path, UserKey);
            await refused.ErrorAsync(HttpStatusCode.Unauthorized);
            Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
        }

        using var index = await PostAsync(client, "v2/repository/index", UserKey);
        Assert.Equal(HttpStatusCode.OK, index.StatusCode);
        await client.InferErrorAsync(HttpStatusCode.Unauthorized, BinaryCrops(Crops(1)));
    }

    [Fact]
    public async Task Send_MoreThanTheRateAllows_Is429WithRetryAfter()
    {
        await using var host = new ServiceHost(
            service.Repository, new() { ["RateLimit:RequestsPerSecond"] = "0.001", ["RateLimit:Burst"] = "1" });
        using var client = await host.ReadyClientAsync();
        using var first = await client.GetAsync("v2", none);
        using var second = await client.GetAsync("v2", none);
        using var health = await client.GetAsync("v2/health/live", none);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (first.StatusCode, health.StatusCode));
        Assert.Contains("RateLimit", await second.ErrorAsync(HttpStatusCode.TooManyRequests), StringComparison.Ordinal);
        Assert.NotNull(second.Headers.RetryAfter?.Delta);
    }

    private Task<HttpResponseMessage> PostAsync(HttpClient client, string path, string? key) =>
        SendAsync(client, HttpMethod.Post, path, key);

    private Task<HttpResponseMessage> GetAsync(HttpClient client, string path, string? key) => SendAsync(client, HttpMethod.Get, path, key);

    private async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string path, string? key)
    {
        using var request = new HttpRequestMessage(method, path);
        if (key is not null)
        {
            request.Headers.Add("X-Api-Key", key);
        }

        return await client.SendAsync(request, none);
    }

    private static Dictionary<string, string> Keys() => new()
    {
        ["Security:Keys:somebody:Sha256"] = Hash(UserKey),
        ["Security:Keys:operator:Sha256"] = Hash(AdminKey),
        ["Security:Keys:operator:Admin"] = "true",
    };

    private static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
