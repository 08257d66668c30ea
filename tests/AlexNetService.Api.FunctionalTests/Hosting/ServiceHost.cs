using System.Net;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace AlexNetService.Api.FunctionalTests.Hosting;

/// <summary>The unchanged program, on Kestrel and a free loopback port.</summary>
internal sealed class ServiceHost : WebApplicationFactory<Program>
{
    private readonly Dictionary<string, string> settings;
    private readonly Action<IServiceCollection> replace;

    public ServiceHost(TestRepository repository, Dictionary<string, string>? settings = null, Action<IServiceCollection>? replace = null)
    {
        this.settings = new Dictionary<string, string>(settings ?? [])
        {
            ["ModelRepository:Path"] = repository.Root,
            ["ModelRepository:Default"] = TestRepository.Default,
        };
        this.replace = replace ?? (_ => { });

        // UseKestrel(0) would set the address while the program's own thread may already have opened it.
        this.settings["urls"] = "http://127.0.0.1:0";
        this.settings["Grpc:Url"] = "http://127.0.0.1:0";
        UseKestrel();
    }

    /// <summary>A client, once the service is ready.</summary>
    public async Task<HttpClient> ReadyClientAsync()
    {
        var client = CreateClient();
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

    /// <summary>A channel to the started service.</summary>
    public GrpcChannel Channel(GrpcChannelOptions? options = null)
    {
        // The server opens its endpoints in the order of their names: grpc, then http.
        var addresses = Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;
        return GrpcChannel.ForAddress(addresses.First(), options ?? new GrpcChannelOptions());
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment("Production");
        foreach (var (key, value) in settings)
        {
            builder.UseSetting(key, value);
        }

        builder.ConfigureTestServices(replace);
    }
}
