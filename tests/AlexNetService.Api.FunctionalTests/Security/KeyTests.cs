using System.Net;
using System.Security.Cryptography;
using System.Text;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.FunctionalTests.Routes;

namespace AlexNetService.Api.FunctionalTests.Security;

public sealed class KeyTests(SharedService service)
{
    private const string UserKey = "a key of somebody who classifies";
    private const string AdminKey = "a key of the operator";

    [Theory]
    [InlineData("/v1/models", null, HttpStatusCode.Unauthorized)]
    [InlineData("/v1/models", "", HttpStatusCode.Unauthorized)]
    [InlineData("/v1/models", "a key of nobody", HttpStatusCode.Unauthorized)]
    [InlineData("/v1/models", UserKey, HttpStatusCode.OK)]
    [InlineData("/v1/models", AdminKey, HttpStatusCode.OK)]
    [InlineData("/v1/models/cifar-a", null, HttpStatusCode.Unauthorized)]
    [InlineData("/v1/classify", null, HttpStatusCode.Unauthorized)]
    [InlineData("/health/live", null, HttpStatusCode.OK)]
    [InlineData("/health/ready", "a key of nobody", HttpStatusCode.OK)]
    [InlineData("/", null, HttpStatusCode.OK)]
    [InlineData("/swagger/v1/swagger.json", null, HttpStatusCode.OK)]
    [InlineData("/problems/not-found", null, HttpStatusCode.OK)]
    [InlineData("/v1/models/cifar-a/filters.png", null, HttpStatusCode.Unauthorized)]
    [InlineData("/metrics", null, HttpStatusCode.Unauthorized)]
    [InlineData("/metrics", UserKey, HttpStatusCode.OK)]
    public async Task Get_WithOrWithoutAKey_IsAnsweredIfTheKeyOrTheRouteAllowsIt(string path, string? key, HttpStatusCode status)
    {
        await using var host = new ServiceHost(service.Repository, Keys());
        using var client = await host.ReadyClientAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (key is not null)
        {
            request.Headers.Add("X-Api-Key", key);
        }

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(status, response.StatusCode);
        if (status == HttpStatusCode.Unauthorized)
        {
            Assert.Equal(["Bearer", "ApiKey"], response.Headers.WwwAuthenticate.Select(challenge => challenge.Scheme));
            Assert.Contains("X-Api-Key", await response.ProblemAsync(status), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/v1/models", $"Bearer {UserKey}", 200, null)]
    [InlineData("/v1/models", $"bearer  {UserKey}", 200, null)]
    [InlineData("/v2/models/cifar-a", $"Bearer {UserKey}", 200, null)]
    [InlineData("/metrics", $"Bearer {AdminKey}", 200, null)]
    [InlineData("/v1/models", "Bearer a key of nobody", 401, "invalid_token")]
    [InlineData("/v1/models", $"Basic {UserKey}", 401, null)]
    [InlineData("/v1/models", UserKey, 401, null)]
    [InlineData("/v1/models", "", 401, null)]
    public async Task Get_WithABearerToken_IsAnsweredIfItIsAKey(string path, string credentials, int status, string? error)
    {
        await using var host = new ServiceHost(service.Repository, Keys());
        using var client = await host.ReadyClientAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Authorization", credentials);

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(status, (int)response.StatusCode);
        if (status == 401)
        {
            Assert.Equal(
                "realm=\"AlexNetService\"" + (error is null ? "" : $", error=\"{error}\""),
                response.Headers.WwwAuthenticate.First().Parameter);
            Assert.Contains("Authorization: Bearer", await response.ProblemAsync(HttpStatusCode.Unauthorized), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Get_WithAValidKeyAndCredentialsOfAProxy_IsAnswered()
    {
        await using var host = new ServiceHost(service.Repository, Keys());
        using var client = await host.ReadyClientAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.Add("Authorization", "Bearer of a proxy");
        request.Headers.Add("X-Api-Key", UserKey);

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Classify_WithAKey_IsAnswered()
    {
        await using var host = new ServiceHost(service.Repository, Keys());
        using var client = await host.ReadyClientAsync();
        client.DefaultRequestHeaders.Add("X-Api-Key", UserKey);

        Assert.Equal(5, Requests.List(await client.ClassifyAsync(), "predictions").Count);
    }

    [Fact]
    public async Task Post_WithoutAKey_Is401AndWithOneItIsAnswered()
    {
        await using var host = new ServiceHost(service.Repository, Keys());
        using var client = await host.ReadyClientAsync();
        foreach (var path in EveryRoute.Posts)
        {
            using var refused = await client.SendAsync(path);
            await refused.ProblemAsync(HttpStatusCode.Unauthorized);
        }

        client.DefaultRequestHeaders.Add("X-Api-Key", UserKey);
        foreach (var path in EveryRoute.Posts)
        {
            using var answered = await client.SendAsync(path);
            Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
        }
    }

    [Theory]
    [InlineData(null, HttpStatusCode.Unauthorized)]
    [InlineData(UserKey, HttpStatusCode.Forbidden)]
    [InlineData(AdminKey, HttpStatusCode.NotFound)]
    public async Task Unload_WithOrWithoutAKey_RequiresAnAdminKey(string? key, HttpStatusCode status)
    {
        await using var host = new ServiceHost(service.Repository, Keys());
        using var client = await host.ReadyClientAsync();
        if (key is not null)
        {
            client.DefaultRequestHeaders.Add("X-Api-Key", key);
        }

        using var response = await client.PostAsync("/v2/repository/models/nobody/unload", null, TestContext.Current.CancellationToken);

        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public async Task Metrics_OpenMetrics_AreAnsweredWithoutAKey()
    {
        var settings = Keys();
        settings["Security:OpenMetrics"] = "true";
        await using var host = new ServiceHost(service.Repository, settings);
        using var client = await host.ReadyClientAsync();

        using var response = await client.GetAsync("/metrics", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private static Dictionary<string, string> Keys() => new()
    {
        ["Security:Keys:somebody:Sha256"] = Hash(UserKey),
        ["Security:Keys:operator:Sha256"] = Hash(AdminKey).ToUpperInvariant(),
        ["Security:Keys:operator:Admin"] = "true",
    };

    private static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
