using System.Net;
using AlexNetService.Api.Classify;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

[assembly: AssemblyFixture(typeof(AlexNetService.Deploy.Tests.RunningService))]

namespace AlexNetService.Deploy.Tests;

/// <summary>The service with its bundled packages, to check the routes that the deployment's files name.</summary>
public sealed class RunningService : IDisposable
{
    private readonly Host host = new();

    public IServiceProvider Services => host.Services;

    /// <summary>Sends a GET after the service is ready, and returns the status.</summary>
    public async Task<HttpStatusCode> StatusAsync(string path)
    {
        var client = await ReadyClientAsync();
        using var answer = await client.GetAsync(path, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }

    public async Task<HttpClient> ReadyClientAsync()
    {
        var client = host.CreateClient();
        while (true)
        {
            using var health = await client.GetAsync("/health/ready", TestContext.Current.CancellationToken);
            if (health.StatusCode == HttpStatusCode.OK)
            {
                return client;
            }

            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    public void Dispose() => host.Dispose();

    private sealed class Host : WebApplicationFactory<ClassifyOptions>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder) => builder
            .UseEnvironment("Production")
            .UseSetting("Security:AllowAnonymous", "true")
            .UseSetting("Security:OpenMetrics", "true");
    }
}
