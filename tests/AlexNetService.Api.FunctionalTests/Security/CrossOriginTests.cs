using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Security.Cryptography;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.Security;

namespace AlexNetService.Api.FunctionalTests.Security;

public sealed class CrossOriginTests(SharedService service)
{
    private const string Shop = "https://shop.example";

    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v1/classify")]
    [InlineData("/v2/models/cifar-a/infer")]
    public async Task Preflight_WithoutAKey_AllowsTheConfiguredOrigin(string path)
    {
        await using var host = new ServiceHost(service.Repository, Settings());
        using var client = await host.ReadyClientAsync();

        using var allowed = await PreflightAsync(client, path, Shop);
        using var foreign = await PreflightAsync(client, path, "https://elsewhere.example");

        Assert.Equal(HttpStatusCode.NoContent, allowed.StatusCode);
        Assert.Equal(Shop, Header(allowed, "Access-Control-Allow-Origin"));
        Assert.Equal("GET,HEAD,POST,PUT", Header(allowed, "Access-Control-Allow-Methods"));
        Assert.Equal("authorization,content-type", Header(allowed, "Access-Control-Allow-Headers"));
        Assert.Equal("3600", Header(allowed, "Access-Control-Max-Age"));
        Assert.False(foreign.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Send_FromTheConfiguredOrigin_MayReadAnswersRefusalsAndTheirHeaders()
    {
        await using var host = new ServiceHost(service.Repository, Settings());
        using var client = await host.ReadyClientAsync();
        client.DefaultRequestHeaders.Add("Origin", Shop);

        using var refused = await client.GetAsync("/v1/models", none);
        client.DefaultRequestHeaders.Add("Authorization", "Bearer key");
        using var answered = await client.GetAsync("/v1/models", none);
        using var missing = await client.GetAsync("/v1/models/nobody", none);

        Assert.Equal(
            [HttpStatusCode.Unauthorized, HttpStatusCode.OK, HttpStatusCode.NotFound],
            [refused.StatusCode, answered.StatusCode, missing.StatusCode]);
        Assert.All([refused, answered, missing], response =>
        {
            Assert.Equal(Shop, Header(response, "Access-Control-Allow-Origin"));
            Assert.False(response.Headers.Contains("Access-Control-Allow-Credentials"));
            Assert.Superset(
                new HashSet<string>
                {
                    "X-Request-Id", "Retry-After", "WWW-Authenticate", "Inference-Header-Content-Length", "Explain-Class-Id",
                },
                Header(response, "Access-Control-Expose-Headers").Split(',').ToHashSet());
        });
    }

    [Fact]
    public async Task Send_WithoutTheSetting_HasNoPermission()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.Add("Origin", Shop);
        using var response = await service.Client.SendAsync(request, none);
        using var preflight = await PreflightAsync(service.Client, "/v1/classify", Shop);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.All([response, preflight], each => Assert.DoesNotContain(
            each.Headers, header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("https://shop.example, http://localhost:3000")]
    public void Origins_Valid_AreAccepted(string origins) => Assert.Empty(Faults(origins));

    [Theory]
    [InlineData("shop.example")]
    [InlineData("https://shop.example/")]
    [InlineData("https://shop.example/page")]
    [InlineData("https://Shop.example")]
    [InlineData("https://shop.example:443")]
    [InlineData("https://me@shop.example")]
    [InlineData("ftp://shop.example")]
    [InlineData("*, https://shop.example")]
    public void Origins_NoOrigin_AreRefusedByName(string origins) =>
        Assert.StartsWith($"Cors:Origins contains '{origins.Split(',')[0]}'.", Assert.Single(Faults(origins)), StringComparison.Ordinal);

    private static IEnumerable<string?> Faults(string origins)
    {
        var options = new CrossOriginOptions { Origins = origins };
        return options.Validate(new ValidationContext(options)).Select(fault => fault.ErrorMessage);
    }

    private async Task<HttpResponseMessage> PreflightAsync(HttpClient client, string path, string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, path);
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "authorization,content-type");
        return await client.SendAsync(request, none);
    }

    private static string Header(HttpResponseMessage response, string name) => Assert.Single(response.Headers.GetValues(name));

    private static Dictionary<string, string> Settings() => new()
    {
        ["Cors:Origins"] = $"http://localhost:3000, {Shop}",
        ["Security:Keys:somebody:Sha256"] = Convert.ToHexString(SHA256.HashData("key"u8)),
    };
}
