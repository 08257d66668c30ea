using System.Net;
using AlexNetService.Api.Classify;
using AlexNetService.Api.FunctionalTests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.FunctionalTests.Security;

public sealed class SecurityHeaderTests(SharedService service)
{
    [Theory]
    [InlineData("/")]
    [InlineData("/swagger/index.html")]
    [InlineData("/v1/models")]
    [InlineData("/health/live")]
    [InlineData("/nothing")]
    [InlineData("/v1/classify")]
    public async Task Get_AnyAddress_HasSecurityHeadersAndNoBanner(string path)
    {
        using var response = await service.Client.GetAsync(path, TestContext.Current.CancellationToken);

        AssertSecure(response);
    }

    [Theory]
    [InlineData("Production")]
    [InlineData("Development")]
    public async Task Classify_FaultOfTheService_Is500WithoutDetails(string environment)
    {
        await using var host = new ServiceHost(
            service.Repository,
            new() { ["environment"] = environment },
            services => services.AddSingleton<IOptions<ClassifyOptions>, BrokenOptions>());
        using var client = await host.ReadyClientAsync();

        using var response = await client.PostAsync("/v1/classify", Requests.Raw(Pictures.Jpeg()), TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        await response.ProblemAsync(HttpStatusCode.InternalServerError);
        AssertSecure(response);
        Assert.DoesNotContain(BrokenOptions.Secret, text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", text, StringComparison.Ordinal);
        Assert.DoesNotContain(".cs", text, StringComparison.Ordinal);
    }

    private static void AssertSecure(HttpResponseMessage response)
    {
        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("no-referrer", Assert.Single(response.Headers.GetValues("Referrer-Policy")));
        Assert.Contains("camera=()", Assert.Single(response.Headers.GetValues("Permissions-Policy")), StringComparison.Ordinal);
        Assert.Empty(response.Headers.Server);
        Assert.False(response.Headers.Contains("X-Powered-By"));
    }

    private sealed class BrokenOptions : IOptions<ClassifyOptions>
    {
        public const string Secret = "what nobody outside should read";

        public ClassifyOptions Value => throw new InvalidOperationException(Secret);
    }
}
