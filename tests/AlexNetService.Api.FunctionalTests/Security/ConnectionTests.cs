using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.FunctionalTests.Processes;
using AlexNetService.Api.Security;
using AlexNetService.Inference.Tests.Graphs;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.DependencyInjection;

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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Classify_ClientThatEndsItsSideAfterTheRequest_IsAnswered(bool atOnce)
    {
        var clock = new GatedClock();
        await using var host = new ServiceHost(service.Repository, replace: services => services.AddSingleton<TimeProvider>(clock));
        var address = await ReadyAsync(host);
        using var connection = await ConnectAsync(address);
        var stream = connection.GetStream();
        await SendPictureAsync(stream);
        if (!atOnce)
        {
            await clock.Reached;
        }

        connection.Client.Shutdown(SocketShutdown.Send);
        await clock.Reached;

        // The engine is held until the service has heard of the end; it looks for it before each of these answers.
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("HTTP/1.1 200 OK", await LiveAsync(address));
        }

        clock.Open();
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var answer = await reader.ReadToEndAsync(none);
        Assert.StartsWith("HTTP/1.1 200 OK", answer, StringComparison.Ordinal);
        Assert.Contains("\"predictions\":", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task HalfClosed_Connection_LastsForTheTimeAfterItsEndUnlessItWasReset(bool isReset)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = await ConnectAsync(new Uri($"http://{listener.LocalEndpoint}"));
        using var server = await listener.AcceptSocketAsync(none);
        using var end = new CancellationTokenSource();
        var transport = new Sides(new Pipe().Reader, new Pipe().Writer);
        await using var connection = new DefaultConnectionContext { ConnectionClosed = end.Token, Transport = transport };
        connection.Features.Set<IConnectionSocketFeature>(new SocketFeature(server));
        var (clock, lasted) = (new HandClock(), new TaskCompletionSource<CancellationToken>());
        var over = new TaskCompletionSource();
        var handling = new HalfClosedConnections(new LimitsOptions { HalfClosedSeconds = 7 }, clock).Wait(async handled =>
        {
            lasted.SetResult(handled.ConnectionClosed);
            await over.Task;
        })(connection);
        var closed = await lasted.Task;
        if (isReset)
        {
            client.Client.Close(timeout: 0);
            await Assert.ThrowsAsync<SocketException>(async () => await server.ReceiveAsync(new byte[1], none));
        }

        await end.CancelAsync();
        clock.Advance(isReset ? TimeSpan.Zero : TimeSpan.FromSeconds(6.9));
        Assert.Equal(isReset, closed.IsCancellationRequested);
        clock.Advance(TimeSpan.FromSeconds(0.2));
        Assert.True(closed.IsCancellationRequested);
        over.SetResult();
        await handling;
        Assert.Equal((end.Token, transport), (connection.ConnectionClosed, connection.Transport));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Pipelined_RequestsBehindTheFirst_AreNotRunAndTheConnectionEnds(string method)
    {
        var picture = Pictures.Jpeg();
        byte[] request = method == "GET" ? Encoding.ASCII.GetBytes(Live) : [.. Encoding.ASCII.GetBytes(Head(picture)), .. picture];
        using var connection = await ConnectAsync(service.Address);

        await connection.GetStream().WriteAsync(Enumerable.Repeat(request, 3).SelectMany(bytes => bytes).ToArray(), none);
        using var reader = new StreamReader(connection.GetStream(), Encoding.ASCII);
        var answers = await reader.ReadToEndAsync(none);

        Assert.Single(answers.Split("HTTP/1.1 200 OK"), answer => answer.Length > 0);
        Assert.Contains("Connection: close", answers, StringComparison.Ordinal);
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

    private static string Head(byte[] picture) => string.Create(
        CultureInfo.InvariantCulture,
        $"POST /v1/classify HTTP/1.1\r\nHost: test\r\nContent-Type: image/jpeg\r\nContent-Length: {picture.Length}\r\n\r\n");

    private async Task SendPictureAsync(NetworkStream connection)
    {
        var picture = Pictures.Jpeg();
        await connection.WriteAsync(Encoding.ASCII.GetBytes(Head(picture)), none);
        await connection.WriteAsync(picture, none);
    }

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

    private sealed record Sides(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed record SocketFeature(Socket Socket) : IConnectionSocketFeature;
}
