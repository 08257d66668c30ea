using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.FunctionalTests.Routes;
using static AlexNetService.Api.FunctionalTests.Hosting.Requests;

namespace AlexNetService.Api.FunctionalTests.Pages;

public sealed class NegotiationTests(SharedService service)
{
    private readonly HttpClient client = service.Client;

    [Theory]
    [InlineData("/v1/models/cifar-a", "br", "br")]
    [InlineData("/v1/models/cifar-a", "gzip", "gzip")]
    [InlineData("/v1/models", "gzip, br", "br")]
    [InlineData("/v1/models", "identity", null)]
    [InlineData("/v1/models/nobody", "br", "br")]
    [InlineData("/v1/models/cifar-a/filters.png", "br", null)]
    [InlineData("/", "br", "br")]
    [InlineData("/page.js", "br", "br")]
    [InlineData("/page.css", "gzip", "gzip")]
    [InlineData("/examples/lemon.svg", "br", "br")]
    public async Task Get_AcceptedEncodings_CompressOnlyText(string path, string taken, string? expected)
    {
        using var response = await SendAsync(HttpMethod.Get, path, request => request.Headers.AcceptEncoding.ParseAdd(taken));

        Assert.Equal(expected, response.Content.Headers.ContentEncoding.SingleOrDefault());
        Assert.NotEmpty(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("/v1/classify", null, "br")]
    [InlineData("/v1/classify/batch", null, "gzip")]
    [InlineData("/v1/features", null, "gzip")]
    [InlineData("/v1/features", "application/octet-stream", null)]
    [InlineData("/v1/explain", null, "br")]
    [InlineData("/v1/explain", "image/png", null)]
    public async Task Post_AcceptedEncodings_CompressOnlyJson(string path, string? accept, string? encoding)
    {
        using var request = EveryRoute.Request(path, accept: accept);
        request.Headers.AcceptEncoding.ParseAdd(encoding ?? "gzip, br");
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, encoding), (response.StatusCode, response.Content.Headers.ContentEncoding.SingleOrDefault()));
        await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        await using var plain = encoding switch
        {
            "br" => new BrotliStream(body, CompressionMode.Decompress),
            "gzip" => new GZipStream(body, CompressionMode.Decompress),
            _ => body,
        };
        var first = plain.ReadByte();
        Assert.Equal(accept is null, first == '{');
    }

    [Fact]
    public async Task Get_CardThatTheClientHas_Is304AndAnotherCardIsReturned()
    {
        using var first = await SendAsync(HttpMethod.Get, "/v1/models/cifar-a", _ => { });
        var tag = first.Headers.ETag ?? throw new InvalidOperationException("There is no tag.");

        using var again = await SendAsync(HttpMethod.Get, "/v1/models/cifar-a", request => request.Headers.IfNoneMatch.Add(tag));
        using var head = await SendAsync(HttpMethod.Head, "/v1/models/cifar-a", request => request.Headers.IfNoneMatch.Add(tag));
        using var any = await SendAsync(
            HttpMethod.Get, "/v1/models/cifar-a", request => request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Any));
        using var other = await SendAsync(HttpMethod.Get, "/v1/models/cifar-b", request => request.Headers.IfNoneMatch.Add(tag));

        Assert.All(
            [again, head, any], response => Assert.Equal((HttpStatusCode.NotModified, tag), (response.StatusCode, response.Headers.ETag)));
        Assert.Empty(await again.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.True(first.Headers.CacheControl?.NoCache);
        Assert.Equal("cifar-b", Text(await other.JsonAsync(), "name"));
        Assert.NotEqual(tag, other.Headers.ETag);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/page.js")]
    [InlineData("/page.css")]
    [InlineData("/examples/lemon.svg")]
    public async Task Get_FileOfThePageThatTheBrowserHas_Is304(string path)
    {
        using var first = await SendAsync(HttpMethod.Get, path, _ => { });
        var tag = first.Headers.ETag ?? throw new InvalidOperationException("There is no tag.");

        using var again = await SendAsync(HttpMethod.Get, path, request => request.Headers.IfNoneMatch.Add(tag));

        Assert.True(first.Headers.CacheControl?.NoCache);
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        Assert.Empty(await again.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("/v1/models", "GET, HEAD, OPTIONS")]
    [InlineData("/v1/models/cifar-a", "GET, HEAD, OPTIONS, POST")] // Routing counts the POST to cifar-a:predict here.
    [InlineData("/v1/models/cifar-a/filters.png", "GET, HEAD, OPTIONS")]
    [InlineData("/health/ready", "GET, HEAD, OPTIONS")]
    [InlineData("/v1/classify", "OPTIONS, POST, PUT")]
    [InlineData("/v1/explain", "OPTIONS, POST, PUT")]
    [InlineData("/v1/features", "OPTIONS, POST, PUT")]
    [InlineData("/v1/classify/batch", "OPTIONS, POST")]
    [InlineData("/health/live", "GET, HEAD, OPTIONS")]
    [InlineData("/problems", "GET, HEAD, OPTIONS")]
    [InlineData("/metrics", "GET, HEAD, OPTIONS")]
    public async Task Options_Address_Is204WithTheAllowedMethods(string path, string allowed)
    {
        using var response = await SendAsync(HttpMethod.Options, path, _ => { });

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(allowed, string.Join(", ", response.Content.Headers.Allow.Order(StringComparer.Ordinal)));
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Options_UnknownAddress_Is404()
    {
        using var response = await SendAsync(HttpMethod.Options, "/v1/nothing", _ => { });

        await response.ProblemAsync(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("/v1/models", "application/json", HttpStatusCode.OK)]
    [InlineData("/v1/models", "*/*", HttpStatusCode.OK)]
    [InlineData("/v1/models", "application/*;q=0.1", HttpStatusCode.OK)]
    [InlineData("/v1/models", "text/html, */*;q=0.1", HttpStatusCode.OK)]
    [InlineData("/v1/models", "application/json;q=0, */*", HttpStatusCode.NotAcceptable)]
    [InlineData("/v1/models", "text/html", HttpStatusCode.NotAcceptable)]
    [InlineData("/v1/models", "application/json; charset=utf-8", HttpStatusCode.OK)]
    [InlineData("/v1/models/cifar-a", "image/png", HttpStatusCode.NotAcceptable)]
    [InlineData("/v1/models/cifar-a/filters.png", "application/json", HttpStatusCode.NotAcceptable)]
    public async Task Get_AcceptedTypes_DecideBetweenTheAnswerAnd406(string path, string accept, HttpStatusCode expected)
    {
        using var response = await SendAsync(HttpMethod.Get, path, request => request.Headers.Accept.ParseAdd(accept));
        using var head = await SendAsync(HttpMethod.Head, path, request => request.Headers.Accept.ParseAdd(accept));

        Assert.Equal((expected, expected), (response.StatusCode, head.StatusCode));
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, Action<HttpRequestMessage> prepare)
    {
        using var request = new HttpRequestMessage(method, path);
        prepare(request);
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
