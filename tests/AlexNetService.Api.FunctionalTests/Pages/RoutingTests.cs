using System.Net;
using AlexNetService.Api.FunctionalTests.Hosting;

namespace AlexNetService.Api.FunctionalTests.Pages;

public sealed class RoutingTests(SharedService service)
{
    private readonly HttpClient client = service.Client;

    [Theory]
    [InlineData("/")]
    [InlineData("/v1/models")]
    [InlineData("/v1/models/cifar-a")]
    [InlineData("/v1/models/cifar-a/filters.png")]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/metrics")]
    [InlineData("/problems")]
    [InlineData("/problems/not-found")]
    public async Task Head_RouteWithGet_Is200WithoutABody(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("GET", "/v1/classify", "POST")]
    [InlineData("DELETE", "/v1/classify", "PUT")]
    [InlineData("PUT", "/v1/classify/batch", "POST")]
    [InlineData("POST", "/v1/models", "GET")]
    [InlineData("DELETE", "/health/live", "GET")]
    [InlineData("POST", "/metrics", "GET")]
    public async Task Send_UnsupportedMethod_Is405WithTheAllowedOnes(string method, string path, string allowed)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Contains(allowed, response.Content.Headers.Allow);
        Assert.Contains(allowed, await response.ProblemAsync(HttpStatusCode.MethodNotAllowed), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/classify")]
    [InlineData("/v1/classify/batch")]
    [InlineData("/v1/features")]
    [InlineData("/v1/explain")]
    public async Task Head_RouteThatTakesAPicture_Is405(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
    }

    [Theory]
    [InlineData("/nothing")]
    [InlineData("/v1/nothing")]
    [InlineData("/models/cifar-a/1/card.json")]
    [InlineData("/appsettings.json")]
    [InlineData("/../appsettings.json")]
    public async Task Get_UnknownAddress_Is404(string path)
    {
        using var response = await client.GetAsync(path, TestContext.Current.CancellationToken);

        await response.ProblemAsync(HttpStatusCode.NotFound);
    }
}
