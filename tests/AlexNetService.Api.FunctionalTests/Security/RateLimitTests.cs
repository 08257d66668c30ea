using System.Net;
using AlexNetService.Api.FunctionalTests.Hosting;

namespace AlexNetService.Api.FunctionalTests.Security;

public sealed class RateLimitTests(SharedService service)
{
    [Fact]
    public async Task Get_BeyondTheRate_Is429WithRetryAfterAndHealthIsAnswered()
    {
        await using var host = new ServiceHost(service.Repository, TwoAnHour());
        using var client = await host.ReadyClientAsync();

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client));
        using var refused = await client.GetAsync("/v1/models", TestContext.Current.CancellationToken);

        await refused.ProblemAsync(HttpStatusCode.TooManyRequests);
        Assert.InRange(refused.Headers.RetryAfter?.Delta ?? TimeSpan.Zero, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        using var health = await client.GetAsync("/health/ready", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }

    [Fact]
    public async Task Get_BehindATrustedProxy_CountsForItsClient()
    {
        var settings = TwoAnHour();
        settings["Proxies:Known"] = "127.0.0.0/8, ::1";
        await using var host = new ServiceHost(service.Repository, settings);
        using var client = await host.ReadyClientAsync();

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "192.0.2.1"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "192.0.2.1"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync(client, "192.0.2.1"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "192.0.2.2"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "2001:db8::1"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "2001:db8::2"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync(client, "2001:db8::3"));
    }

    [Fact]
    public async Task Get_ForwardedByAnUnknownProxy_CountsForTheSender()
    {
        await using var host = new ServiceHost(service.Repository, TwoAnHour());
        using var client = await host.ReadyClientAsync();

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "192.0.2.1"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "192.0.2.2"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync(client, "192.0.2.3"));
    }

    private static Dictionary<string, string> TwoAnHour() =>
        new() { ["RateLimit:RequestsPerSecond"] = "0.0003", ["RateLimit:Burst"] = "2" };

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string? forwardedFor = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        if (forwardedFor is not null)
        {
            request.Headers.Add("X-Forwarded-For", forwardedFor);
        }

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }
}
