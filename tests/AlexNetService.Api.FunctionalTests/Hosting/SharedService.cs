using AlexNetService.Api.FunctionalTests.Hosting;
using Grpc.Net.Client;

[assembly: AssemblyFixture(typeof(SharedService))]

namespace AlexNetService.Api.FunctionalTests.Hosting;

/// <summary>A repository and a service with default settings, shared by all tests that need no other.</summary>
public class SharedService : IAsyncLifetime
{
    private ServiceHost? host;
    private HttpClient? client;
    private GrpcChannel? channel;

    public TestRepository Repository { get; } = new();

    public HttpClient Client => client ?? throw new InvalidOperationException("The service has not been started.");

    public GrpcChannel Channel => channel ?? throw new InvalidOperationException("The service has not been started.");

    public Uri Address => Client.BaseAddress ?? throw new InvalidOperationException("The service listens nowhere.");

    public async ValueTask InitializeAsync()
    {
        host = new ServiceHost(Repository);
        client = await host.ReadyClientAsync();
        channel = host.Channel();
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        client?.Dispose();
        channel?.Dispose();
        if (host is not null)
        {
            await host.DisposeAsync();
        }

        Repository.Dispose();
    }
}
