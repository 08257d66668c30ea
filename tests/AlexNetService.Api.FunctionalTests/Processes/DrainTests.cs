using System.Net;
using System.Net.Sockets;
using System.Text;
using AlexNetService.Api.FunctionalTests.Hosting;
using static AlexNetService.Api.FunctionalTests.Hosting.Requests;

namespace AlexNetService.Api.FunctionalTests.Processes;

public sealed class DrainTests(SharedService service)
{
    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sigterm_DuringTheGracePeriod_IsNotReadyButAnswersAndClosesConnections()
    {
        var (process, client) = await ServiceProcess.ReadyAsync(service.Repository.Root, new() { ["Drain__GraceSeconds"] = "8" });
        using var running = process;
        using var sender = client;

        process.Terminate();
        await process.LoggedAsync("Leaving");
        using var ready = await client.GetAsync("/health/ready", none);
        using var answer = await client.PostAsync("/v1/classify", Raw(Pictures.Jpeg()), none);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal("draining", Text(await ready.JsonAsync(), "status"));
        Assert.Equal((HttpStatusCode.OK, true), (answer.StatusCode, answer.Headers.ConnectionClose));
        await process.LoggedAsync("Closed");
        Assert.Equal(0, await process.ExitCodeAsync());
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("/health/live", none));
    }

    [Fact]
    public async Task Sigterm_BodyThatNeverArrives_IsCutOffAndTheServiceExitsWith0()
    {
        var (process, client) = await ServiceProcess.ReadyAsync(service.Repository.Root, new() { ["Drain__LimitSeconds"] = "1" });
        using var running = process;
        using var sender = client;
        var address = client.BaseAddress ?? throw new InvalidOperationException("The service listens nowhere.");
        using var connection = new TcpClient();
        await connection.ConnectAsync(address.Host, address.Port, none);
        await using var stream = connection.GetStream();

        // The service sends 100 only once it handles the request.
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            "POST /v1/classify HTTP/1.1\r\nHost: test\r\nContent-Type: image/jpeg\r\nContent-Length: 1000\r\n"
            + "Expect: 100-continue\r\n\r\n"), none);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        Assert.Equal("HTTP/1.1 100 Continue", await reader.ReadLineAsync(none));

        process.Terminate();

        Assert.Equal(0, await process.ExitCodeAsync());
    }
}
