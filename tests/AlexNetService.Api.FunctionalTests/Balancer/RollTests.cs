using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.FunctionalTests.Processes;
using static AlexNetService.Api.FunctionalTests.Hosting.Requests;

namespace AlexNetService.Api.FunctionalTests.Balancer;

/// <summary>Two replicas behind nginx, under load, while one is killed and the other is replaced.</summary>
public sealed class RollTests(SharedService service)
{
    private const int Clients = 4;
    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Replicas_OneKilledAndOneReplacedUnderLoad_NoRequestFails()
    {
        Uri[] addresses = [Loopback(), Loopback()];
        using var nginx = new Nginx(addresses);
        var first = await StartAsync(addresses[0]);
        var second = await StartAsync(addresses[1]);
        using var client = new HttpClient { BaseAddress = nginx.Address };
        using var enough = new CancellationTokenSource();
        var statuses = new ConcurrentDictionary<HttpStatusCode, int>();
        var load = Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => LoadAsync(client, statuses, enough.Token)));
        await Task.Delay(1000, none);

        first.Stop();
        first.Dispose();
        await Task.Delay(1000, none);
        using var again = await StartAsync(addresses[0]);
        await second.TerminateAsync();
        Assert.Equal(0, await second.ExitCodeAsync());
        second.Dispose();
        using var replaced = await StartAsync(addresses[1]);
        await Task.Delay(1000, none);
        await enough.CancelAsync();
        await load;

        Assert.Equal([HttpStatusCode.OK], statuses.Keys);
        Assert.True(statuses[HttpStatusCode.OK] > 10 * Clients);
    }

    private static Uri Loopback() => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Nginx.FreePort()}"));

    private static async Task LoadAsync(HttpClient client, ConcurrentDictionary<HttpStatusCode, int> statuses, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            using var answer = await client.PostAsync("/v1/classify", Raw(Pictures.Jpeg()), TestContext.Current.CancellationToken);
            statuses.AddOrUpdate(answer.StatusCode, 1, (_, count) => count + 1);
        }
    }

    private async Task<ServiceProcess> StartAsync(Uri address)
    {
        var process = ServiceProcess.Start(new()
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["ASPNETCORE_URLS"] = address.ToString(),
            ["ModelRepository__Path"] = service.Repository.Root,
            ["ModelRepository__Default"] = TestRepository.Default,
            ["Drain__GraceSeconds"] = "1",
            ["Serilog__MinimumLevel__Override__Serilog.AspNetCore"] = "Warning",
        });
        await process.LoggedAsync("Ready with");
        return process;
    }
}
