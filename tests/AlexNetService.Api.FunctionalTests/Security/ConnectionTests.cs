using System.Net.Sockets;
using System.Text;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.FunctionalTests.Processes;

namespace AlexNetService.Api.FunctionalTests.Security;

public sealed class ConnectionTests(SharedService service)
{
    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Connect_MoreOftenThanAnAddressMay_IsClosedUntilAnotherConnectionEnds()
    {
        await using var host = new ServiceHost(service.Repository, new() { ["Limits:ConnectionsPerAddress"] = "2" });
        var address = await ReadyAsync(host);
        using var first = await AcceptedAsync(address);
        using (await AcceptedAsync(address))
        {
            Assert.Null(await LiveAsync(address));
        }

        for (string? answer = null; answer is null; answer = await LiveAsync(address))
        {
            await Task.Delay(20, none);
        }

        Assert.Equal("HTTP/1.1 200 OK", await AskAsync(first, Live));
    }

    [Theory]
    [InlineData("Limits:ConnectionsPerAddress", "0")]
    [InlineData("Proxies:Known", "127.0.0.0/8")]
    public async Task Connect_FromATrustedProxyOrWithoutALimit_IsServed(string setting, string value)
    {
        await using var host = new ServiceHost(
            service.Repository, new() { ["Limits:ConnectionsPerAddress"] = "1", [setting] = value });
        var address = await ReadyAsync(host);
        using var first = await ConnectAsync(address);

        Assert.Equal("HTTP/1.1 200 OK", await LiveAsync(address));
    }

    [Theory]
    [InlineData("/v1/classify", "image/jpeg")]
    [InlineData("/v1/classify/batch", "multipart/form-data; boundary=x")]
    [InlineData("/v2/models/cifar-a/infer", "application/json")]
    public async Task Post_ClientThatLeavesOrSendsABadChunk_IsNoFailureOfTheService(string path, string type)
    {
        var (process, client) = await ServiceProcess.ReadyAsync(service.Repository.Root);
        using var running = process;
        using var sender = client;
        var address = client.BaseAddress ?? throw new InvalidOperationException("The service listens nowhere.");
        var head = $"POST {path} HTTP/1.1\r\nHost: test\r\nContent-Type: {type}\r\n";
        using (var leaving = await ConnectAsync(address))
        {
            // The service sends 100 only once it reads the body.
            Assert.Equal(
                "HTTP/1.1 100 Continue", await AskAsync(leaving, head + "Expect: 100-continue\r\nContent-Length: 100000\r\n\r\n"));
            await leaving.GetStream().WriteAsync(new byte[10], none);

            // Closes with a reset: an orderly end would be an incomplete request, 400.
            leaving.Client.Close(timeout: 0);
        }

        using (var broken = await ConnectAsync(address))
        {
            Assert.Equal("HTTP/1.1 400 Bad Request", await AskAsync(broken, head + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n"));
        }

        var metrics = "";
        while (!metrics.Contains("http_response_status_code=\"499\"", StringComparison.Ordinal))
        {
            await Task.Delay(50, none);
            metrics = await client.GetStringAsync("/metrics", none);
        }

        Assert.Contains("http_response_status_code=\"400\"", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("http_response_status_code=\"500\"", metrics, StringComparison.Ordinal);
        process.Terminate();
        Assert.Empty(await process.ErrorsAsync());
    }

    [Fact]
    public async Task Infer_ThreeLargeBodiesAtOnce_LeaveTheServiceItsMemory()
    {
        // Less managed memory than .NET takes in a container of 1 GB.
        var (process, client) = await ServiceProcess.ReadyAsync(
            service.Repository.Root, new() { ["DOTNET_GCHeapHardLimit"] = "0x10000000" });
        using var running = process;
        using var sender = client;
        byte[] body = [.. "{\"id\":\""u8, .. Enumerable.Repeat((byte)'x', 60_000_000), .. "\",\"inputs\":[]}"u8];

        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ =>
            client.PostAsync("/v2/models/cifar-a/infer", new ByteArrayContent(body), none)));

        Assert.All(answers, answer => Assert.Equal(400, (int)answer.StatusCode));
        Assert.NotEmpty(Requests.List(await client.ClassifyAsync(), "predictions"));
        Array.ForEach(answers, answer => answer.Dispose());
        process.Terminate();
        Assert.Empty(await process.ErrorsAsync());
    }

    private const string Live = "GET /health/live HTTP/1.1\r\nHost: test\r\n\r\n";

    private static async Task<Uri> ReadyAsync(ServiceHost host)
    {
        using var client = await host.ReadyClientAsync();
        return client.BaseAddress ?? throw new InvalidOperationException("The service listens nowhere.");
    }

    private async Task<TcpClient> ConnectAsync(Uri address)
    {
        var connection = new TcpClient();
        await connection.ConnectAsync(address.Host, address.Port, none);
        return connection;
    }

    /// <summary>
    /// A connection that the service has accepted: it has answered a request without a body. Others may still be closing, so it tries
    /// again.
    /// </summary>
    private async Task<TcpClient> AcceptedAsync(Uri address)
    {
        while (true)
        {
            var connection = await ConnectAsync(address);
            try
            {
                if (await AskAsync(connection, Live.Replace("GET", "HEAD", StringComparison.Ordinal)) is not null)
                {
                    return connection;
                }
            }
            catch (IOException)
            {
                // Closed: the service still counts a connection that has ended.
            }

            connection.Dispose();
            await Task.Delay(20, none);
        }
    }

    /// <summary>Sends a request on a connection of its own.</summary>
    /// <returns>The first line of the answer, or null if the service closes the connection.</returns>
    private async Task<string?> LiveAsync(Uri address)
    {
        using var connection = await ConnectAsync(address);
        try
        {
            return await AskAsync(connection, Live);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private async Task<string?> AskAsync(TcpClient connection, string request)
    {
        await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request), none);
        var reader = new StreamReader(connection.GetStream(), Encoding.ASCII);
        return await reader.ReadLineAsync(none);
    }
}
