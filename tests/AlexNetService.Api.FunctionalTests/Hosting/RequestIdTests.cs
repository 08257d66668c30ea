using System.Net;
using System.Security.Cryptography;

namespace AlexNetService.Api.FunctionalTests.Hosting;

public sealed class RequestIdTests(SharedService service)
{
    private const string Header = "X-Request-Id";

    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", "/", 200)]
    [InlineData("GET", "/page.css", 200)]
    [InlineData("HEAD", "/health/live", 200)]
    [InlineData("GET", "/metrics", 200)]
    [InlineData("GET", "/swagger/v1/swagger.json", 200)]
    [InlineData("GET", "/v1/models", 200)]
    [InlineData("OPTIONS", "/v1/models", 204)]
    [InlineData("GET", "/v2", 200)]
    [InlineData("GET", "/v2/models/nobody", 404)]
    [InlineData("POST", "/v2", 405)]
    [InlineData("GET", "/nothing", 404)]
    [InlineData("DELETE", "/v1/models", 405)]
    [InlineData("POST", "/v1/classify", 400)]
    [InlineData("GET", "/v1/models?tpo=1", 400)]
    public async Task Send_AnyRequest_HasOneIdThatIsTheTraceIdOfAProblem(string method, string path, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Parse(method), path);
        using var response = await service.Client.SendAsync(request, none);

        Assert.Equal(status, (int)response.StatusCode);
        var id = Assert.Single(response.Headers.GetValues(Header));
        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$", id);
        if (response.Content.Headers.ContentType?.MediaType == "application/problem+json")
        {
            Assert.Equal(id, Requests.Text(await response.JsonAsync(), "traceId"));
        }
    }

    [Fact]
    public async Task Send_RefusedBeforeItsRoute_HasAnId()
    {
        await using var host = new ServiceHost(service.Repository, new()
        {
            ["Security:Keys:somebody:Sha256"] = Convert.ToHexString(SHA256.HashData("key"u8)),
            ["RateLimit:RequestsPerSecond"] = "0.001",
            ["RateLimit:Burst"] = "1",
        });
        using var client = await host.ReadyClientAsync();

        foreach (var status in new[] { HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests })
        {
            using var response = await client.GetAsync("/v1/models", none);
            var id = Assert.Single(response.Headers.GetValues(Header));
            Assert.Equal((status, id), (response.StatusCode, Requests.Text(await response.JsonAsync(), "traceId")));
        }
    }

    [Fact]
    public async Task Classify_Answered_HasTheIdInItsBody()
    {
        using var response = await service.Client.PostAsync("/v1/classify", Requests.Raw(Pictures.Jpeg()), none);

        Assert.Equal(Assert.Single(response.Headers.GetValues(Header)), Requests.Text(await response.JsonAsync(), "requestId"));
    }
}
