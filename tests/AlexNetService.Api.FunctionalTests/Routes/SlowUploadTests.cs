using System.Net.Sockets;
using System.Text;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.Models;
using AlexNetService.Inference.Catalog;
using Microsoft.Extensions.DependencyInjection;

namespace AlexNetService.Api.FunctionalTests.Routes;

/// <summary>A slow upload must not keep a replaced model in memory.</summary>
public sealed class SlowUploadTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v1/classify?models=seven", "image/jpeg", "\"version\":2")]
    [InlineData("/v1/classify/batch?models=seven", "multipart/form-data; boundary=x", "\"version\":2")]
    [InlineData("/v1/features?models=seven", "image/jpeg", "\"version\":2")]
    [InlineData("/v1/explain?models=seven&window=14&stride=14", "image/jpeg", "\"version\":2")]
    [InlineData("/v2/models/seven/infer", "application/json", "\"model_version\":\"2\"")]
    public async Task Post_ModelReplacedDuringTheUpload_IsFreedAndTheNewVersionAnswers(string path, string type, string answer)
    {
        using var repository = new TestRepository();
        await using var host = new ServiceHost(repository);
        using var client = await host.ReadyClientAsync();
        var catalog = host.Services.GetRequiredService<ServedModels>().Catalog ?? throw new InvalidOperationException("Nothing is served.");
        var body = Body(type);
        var address = client.BaseAddress ?? throw new InvalidOperationException("The client has no address.");
        using var connection = new TcpClient();
        await connection.ConnectAsync(address.Host, address.Port, none);
        await using var stream = connection.GetStream();
        using var reader = new StreamReader(stream, Encoding.ASCII);

        // The service sends 100 once it reads the body, so the request is being handled.
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(FormattableString.Invariant(
                $"POST {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n")
                + "Expect: 100-continue\r\n\r\n"),
            none);
        Assert.Equal("HTTP/1.1 100 Continue", await reader.ReadLineAsync(none));
        Assert.Equal("", await reader.ReadLineAsync(none));
        await stream.WriteAsync(body.AsMemory(0, 10), none);

        repository.PublishSeven(version: 2);
        Assert.IsType<CatalogChange.Loaded>(await catalog.LoadAsync("seven", version: 2, none));
        Assert.Equal([2], await VersionsAsync(catalog, count: 1));

        await stream.WriteAsync(body.AsMemory(10), none);
        var response = await reader.ReadToEndAsync(none);
        Assert.StartsWith("HTTP/1.1 200 OK", response, StringComparison.Ordinal);
        Assert.Contains(answer, response, StringComparison.Ordinal);
    }

    /// <summary>The versions in memory, once there are as many as expected.</summary>
    private async Task<IReadOnlyList<int>> VersionsAsync(ModelCatalog catalog, int count)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var versions = catalog.States().Single(state => state.Name == "seven").Versions;
            if (versions.Count == count || TimeProvider.System.GetElapsedTime(begun) > Timeout)
            {
                return versions;
            }

            await Task.Delay(20, none);
        }
    }

    private static byte[] Body(string type) => type switch
    {
        "image/jpeg" => Pictures.Jpeg(),
        "application/json" => Encoding.ASCII.GetBytes(
            $$"""{"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","data":["{{Convert.ToBase64String(Pictures.Jpeg())}}"]}]}"""),
        _ =>
        [
            .. "--x\r\nContent-Disposition: form-data; name=\"images\"; filename=\"a.jpg\"\r\n\r\n"u8, .. Pictures.Jpeg(),
            .. "\r\n--x--\r\n"u8,
        ],
    };
}
