using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.FunctionalTests.Processes;
using AlexNetService.Tests.Shared;

namespace AlexNetService.Api.FunctionalTests.Balancer;

/// <summary>nginx in front of up to two replicas of the service, on two loopback addresses.</summary>
internal sealed class Replicas : IDisposable
{
    private readonly string repository;
    private readonly IReadOnlyDictionary<string, string> settings;
    private readonly Uri[] addresses;
    private readonly Uri[] grpcAddresses;
    private readonly Nginx nginx;

    private Replicas(string repository, Dictionary<string, string> settings, Uri[] addresses, Uri[] grpcAddresses, Nginx nginx)
    {
        (this.repository, this.settings, this.nginx) = (repository, settings, nginx);
        (this.addresses, this.grpcAddresses) = (addresses, grpcAddresses);
        Client = new HttpClient { BaseAddress = nginx.Address };
    }

    /// <summary>A client of nginx.</summary>
    public HttpClient Client { get; }

    /// <summary>Where nginx listens for gRPC.</summary>
    public Uri GrpcAddress => nginx.GrpcAddress;

    /// <summary>Starts nginx without replicas; skips the test without nginx.</summary>
    /// <param name="service">Has the packages that the replicas serve.</param>
    /// <param name="settings">Additional environment variables of the replicas.</param>
    public static async Task<Replicas> NoneAsync(SharedService service, Dictionary<string, string>? settings = null)
    {
        Assert.SkipWhen(Nginx.Executable is null, "There is no nginx; on Debian: apt-get install nginx-light.");
        Uri[] addresses = [Nginx.FreeAddress(), Nginx.FreeAddress()];
        Uri[] grpc = [Nginx.FreeAddress(), Nginx.FreeAddress()];
        var nginx = await Nginx.StartAsync(addresses, grpc, log: false, TestContext.Current.CancellationToken);
        return new Replicas(service.Repository.Root, settings ?? [], addresses, grpc, nginx);
    }

    /// <summary>Starts a replica and waits until it is ready.</summary>
    /// <param name="place">0 or 1.</param>
    public async Task<ServiceProcess> StartAsync(int place)
    {
        var (process, direct) = await ServiceProcess.ReadyAsync(repository, new(settings)
        {
            ["ASPNETCORE_URLS"] = addresses[place].ToString(),
            ["Grpc__Url"] = grpcAddresses[place].ToString(),
            ["Drain__GraceSeconds"] = "1",
            ["Serilog__MinimumLevel__Override__Serilog.AspNetCore"] = "Fatal",
        });
        direct.Dispose();
        return process;
    }

    public void Dispose()
    {
        Client.Dispose();
        nginx.Dispose();
    }
}
