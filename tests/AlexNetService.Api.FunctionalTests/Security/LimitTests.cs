using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.FunctionalTests.Routes;

namespace AlexNetService.Api.FunctionalTests.Security;

public sealed class LimitTests(SharedService service)
{
    [Fact]
    public async Task Get_MoreHeaderBytesThanAllowed_Is431()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.Add("X-Long", new string('x', 20_000));
        using var response = await service.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task Classify_BodiesBeyondTheBudget_Are503WithRetryAfterAndSmallerOnesAreAnswered()
    {
        await using var host = new ServiceHost(service.Repository, new() { ["Limits:BytesOfAllBodies"] = "1000000" });
        using var client = await host.ReadyClientAsync();

        // Twice, because the first request must return its bytes to the budget.
        for (var i = 0; i < 2; i++)
        {
            using var refused = await client.PostAsync(
                "/v1/classify", Requests.Raw(new byte[1_500_000]), TestContext.Current.CancellationToken);
            await refused.ProblemAsync(HttpStatusCode.ServiceUnavailable);
            Assert.NotNull(refused.Headers.RetryAfter?.Delta);
        }

        Assert.Equal(5, Requests.List(
            await client.ClassifyAsync(content: Requests.Raw([.. Pictures.Jpeg(), .. new byte[900_000]])), "predictions").Count);
    }

    [Theory]
    [InlineData("Limits:BodySeconds", "1")]
    [InlineData("Limits:BodyGraceSeconds", "2")]
    public async Task Classify_BodyThatStalls_Is408WhileOthersAreAnswered(string setting, string seconds)
    {
        await using var host = new ServiceHost(service.Repository, new() { [setting] = seconds });
        using var client = await host.ReadyClientAsync();
        using var slow = await SlowAsync(client);

        var others = await client.ClassifyAsync();

        Assert.Equal(5, Requests.List(others, "predictions").Count);
        Assert.Equal("HTTP/1.1 408 Request Timeout", await FirstLineAsync(slow));
    }

    [Fact]
    public async Task Post_BodyThatStalls_Is408OnEveryRoute()
    {
        await using var host = new ServiceHost(service.Repository, new() { ["Limits:BodySeconds"] = "1" });
        using var client = await host.ReadyClientAsync();
        var slow = await Task.WhenAll(
            SlowAsync(client, "/v1/features"),
            SlowAsync(client, "/v1/explain"),
            SlowAsync(client, EveryRoute.Batch, "multipart/form-data; boundary=x"));

        var lines = await Task.WhenAll(slow.Select(FirstLineAsync));

        Assert.All(lines, line => Assert.Equal("HTTP/1.1 408 Request Timeout", line));
        Array.ForEach(slow, connection => connection.Dispose());
    }

    [Fact]
    public async Task Classify_FiftyBodiesThatStall_AreCutOffAndTakeNoPlaceFromOthers()
    {
        await using var host = new ServiceHost(service.Repository, new()
        {
            ["Limits:BodyGraceSeconds"] = "2",
            ["Queue:LimitCrops"] = "40",
            ["Decoding:QueueLimit"] = "1",
        });
        using var client = await host.ReadyClientAsync();
        var slow = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => SlowAsync(client)));

        // These would fail if one of the fifty held a place in the queue or a decoding thread.
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(5, Requests.List(await client.ClassifyAsync(), "predictions").Count);
        }

        var lines = await Task.WhenAll(slow.Select(FirstLineAsync));
        Assert.All(lines, line => Assert.Equal("HTTP/1.1 408 Request Timeout", line));
        Array.ForEach(slow, connection => connection.Dispose());
    }

    /// <summary>A connection whose body the service began to read. It sends the first bytes of a picture, and nothing more.</summary>
    private static async Task<TcpClient> SlowAsync(HttpClient client, string path = "/v1/classify", string type = "image/jpeg")
    {
        var address = client.BaseAddress ?? throw new InvalidOperationException("The client has no address.");
        var connection = new TcpClient();
        await connection.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
        var picture = Pictures.Jpeg();
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"POST {path} HTTP/1.1\r\nHost: test\r\nContent-Type: {type}\r\nContent-Length: {picture.Length}\r\n"
            + $"Expect: 100-continue\r\n\r\n");
        await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), TestContext.Current.CancellationToken);
        var begun = new byte["HTTP/1.1 100 Continue\r\n\r\n".Length];
        await connection.GetStream().ReadExactlyAsync(begun, TestContext.Current.CancellationToken);
        Assert.StartsWith("HTTP/1.1 100", Encoding.ASCII.GetString(begun), StringComparison.Ordinal);
        await connection.GetStream().WriteAsync(picture.AsMemory(0, 10), TestContext.Current.CancellationToken);
        return connection;
    }

    private static async Task<string?> FirstLineAsync(TcpClient connection)
    {
        using var reader = new StreamReader(connection.GetStream(), Encoding.ASCII);
        return await reader.ReadLineAsync(TestContext.Current.CancellationToken);
    }
}
