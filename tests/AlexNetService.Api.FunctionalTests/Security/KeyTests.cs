using System.Net;
using System.Security.Cryptography;
using System.Text;
using AlexNetService.Api.FunctionalTests.Hosting;

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
    public async Task Get_WithOrWithoutAKey_IsAnsweredWhereTheKeyOrTheRouteAllowsIt(string path, string? key, HttpStatusCode status)
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
            Assert.Equal("ApiKey", Assert.Single(response.Headers.WwwAuthenticate).Scheme);
            Assert.Contains("X-Api-Key", await response.ProblemAsync(status), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Classify_WithAKey_IsAnswered()
    {
        await using var host = new ServiceHost(service.Repository, Keys());
        using var client = await host.ReadyClientAsync();
        client.DefaultRequestHeaders.Add("X-Api-Key", UserKey);

        Assert.Equal(5, Requests.List(await client.ClassifyAsync(), "predictions").Count);
    }

    private static Dictionary<string, string> Keys() => new()
    {
        ["Security:Keys:somebody:Sha256"] = Hash(UserKey),
        ["Security:Keys:operator:Sha256"] = Hash(AdminKey).ToUpperInvariant(),
        ["Security:Keys:operator:Admin"] = "true",
    };

    private static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
