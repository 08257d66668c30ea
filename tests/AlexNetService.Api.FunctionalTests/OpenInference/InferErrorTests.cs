using System.IO.Compression;
using System.Net;
using AlexNetService.Api.FunctionalTests.Hosting;
using static AlexNetService.Api.FunctionalTests.OpenInference.TensorRequests;

namespace AlexNetService.Api.FunctionalTests.OpenInference;

public sealed class InferErrorTests(SharedService service)
{
    private readonly HttpClient client = service.Client;

    [Theory]
    [InlineData("", "$")]
    [InlineData("null", "null")]
    [InlineData("[]", "cannot be read")]
    [InlineData("{", "cannot be read")]
    [InlineData("{}", "one input")]
    [InlineData("""{"inputs":[null]}""", "$.inputs")]
    [InlineData("""{"inputs":[{},{}]}""", "one input")]
    [InlineData("""{"inputs":[{"name":"picture","datatype":"UINT8","shape":[1,3,28,28],"data":[]}]}""",
        "'image' of UINT8 [-1,3,28,28] or 'image' of BYTES [-1,1]")]
    [InlineData("""{"inputs":[{"name":"image","datatype":"FP32","shape":[1,3,28,28],"data":[]}]}""", "no input 'image' of FP32")]
    [InlineData("""{"inputs":[{"name":"image","datatype":"UINT8","data":[]}]}""", "has the shape []")]
    [InlineData("""{"inputs":[{"name":"image","datatype":"UINT8","shape":[1,3,28],"data":[]}]}""", "has the shape [1,3,28]")]
    [InlineData("""{"inputs":[{"name":"image","datatype":"UINT8","shape":[1,3,-28,-28],"data":[]}]}""", "has the shape")]
    [InlineData("""{"inputs":[{"name":"image","datatype":"UINT8","shape":[-1,3,28,28],"data":[]}]}""", "-1 rows")]
    [InlineData("""{"inputs":[{"name":"image","datatype":"UINT8","shape":[0,3,28,28],"data":[]}]}""", "0 rows")]
    [InlineData(
        """{"inputs":[{"name":"image","datatype":"UINT8","shape":[9223372036854775807,3,28,28],"data":[]}]}""", "9223372036854775807 rows")]
    [InlineData("""{"inputs":[{"name":"image","datatype":"UINT8","shape":[9223372036854775808,3,28,28],"data":[]}]}""", "cannot be read")]
    [InlineData("""{"inputs":[{"name":"image","datatype":"UINT8","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data":[]}]}""", "at most 16")]
    [InlineData("""{"inputs":[{"name":"image","datatype":"UINT8","shape":[1,3,28,28]}]}""", "neither data nor binary_data_size")]
    [InlineData("""{"inputs":[{"name":"image","datatype":"UINT8","shape":[1,3,28,28],"data":7}]}""", "must be a list")]
    [InlineData("""{"inputs":[{"name":"image","datatype":"UINT8","shape":[1,3,28,28],"data":[]}]}""", "does not have the shape")]
    [InlineData("""{"inputs":[{"name":"image","datatype":"UINT8","shape":[1,3,28,28],"data":[1,2,3]}]}""", "does not have the shape")]
    [InlineData("""{"inputs":[{"name":"image","datatype":"UINT8","shape":[1,3,28,28],"data":[256]}]}""", "does not fit UINT8")]
    [InlineData("""{"inputs":[{"name":"image","datatype":"UINT8","shape":[1,3,28,28],"data":["a"]}]}""", "needs a number")]
    [InlineData("""{"inputs":[{"name":"image","datatype":"UINT8","shape":[1,3,28,28],"data":[[[[1]]]]}]}""", "does not have the shape")]
    [InlineData("""{"inputs":[{"name":"image","datatype":"UINT8","shape":[1,3,28,28],"data":[{}]}]}""", "needs a number")]
    [InlineData("""{"inputs":[{"name":"image","datatype":"BYTES","shape":[1],"data":["no base64!"]}]}""", "base64")]
    [InlineData("""{"inputs":[{"name":"image","datatype":"BYTES","shape":[1],"data":[7]}]}""", "base64")]
    [InlineData("""{"inputs":[{"name":"image","datatype":"BYTES","shape":[1],"data":[""]}]}""", "Element 0")]
    [InlineData("""{"inputs":[{"name":"image","datatype":"BYTES","shape":[65],"data":[]}]}""", "1 to 64")]
    [InlineData(
        """{"parameters":{"crops":5},"inputs":[{"name":"image","datatype":"BYTES","shape":[1],"data":["AA=="]}]}""", "1 (centre) or 10")]
    [InlineData("""{"parameters":{"crops":"ten"},"inputs":[]}""", "$.parameters.crops")]
    [InlineData("""{"inputs":[{"name":"image","datatype":"BYTES","shape":[1],"data":["AA=="]}],"outputs":[{"name":"logits"}]}""",
        "Ask for probabilities")]
    [InlineData(
        """{"inputs":[{"name":"image","datatype":"BYTES","shape":[1],"data":["AA=="]}]"""
        + ""","outputs":[{"name":"probabilities"},{"name":"probabilities"}]}""",
        "twice")]
    [InlineData(
        """{"inputs":[{"name":"image","datatype":"BYTES","shape":[1],"data":["AA=="]}]"""
        + ""","outputs":[{"name":"probabilities","parameters":{"classification":0}}]}""",
        "1 or more")]
    public async Task Infer_InvalidJson_Is400WithTheReason(string json, string why) =>
        Assert.Contains(why, await client.InferErrorAsync(HttpStatusCode.BadRequest, Json(json)), StringComparison.Ordinal);

    [Theory]
    [InlineData(
        """{"name":"image","datatype":"UINT8","shape":[1,3,28,28],"parameters":{"binary_data_size":4}}""", 4, "its shape needs 2352")]
    [InlineData(
        """{"name":"image","datatype":"UINT8","shape":[1,3,28,28],"parameters":{"binary_data_size":2352}}""", 4, "but 4 bytes follow")]
    [InlineData(
        """{"name":"image","datatype":"UINT8","shape":[1,3,28,28],"parameters":{"binary_data_size":-1}}""", 4, "but 4 bytes follow")]
    [InlineData(
        """{"name":"image","datatype":"UINT8","shape":[1,3,28,28],"parameters":{"binary_data_size":4},"data":[]}""", 4, "both data and")]
    [InlineData("""{"name":"image","datatype":"UINT8","shape":[1,3,28,28],"data":[]}""", 4, "no binary_data_size")]
    [InlineData("""{"name":"image","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":3}}""", 3, "cut short")]
    [InlineData("""{"name":"image","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":9}}""", 9, "cut short")]
    public async Task Infer_BytesThatDoNotFit_Are400WithTheReason(string input, int bytes, string why) => Assert.Contains(
        why,
        await client.InferErrorAsync(
            HttpStatusCode.BadRequest, Binary($$"""{"inputs":[{{input}}]}""", [.. Enumerable.Repeat((byte)0xFF, bytes)])),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("-1")]
    [InlineData("1000000")]
    [InlineData("much")]
    [InlineData("99999999999999999999")]
    public async Task Infer_InvalidHeaderLength_Is400(string length)
    {
        var content = Json("{}");
        content.Headers.Add("Inference-Header-Content-Length", length);

        Assert.Contains(length, await client.InferErrorAsync(HttpStatusCode.BadRequest, content), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Infer_ElementThatIsNotAPicture_Is422AndNamesIt()
    {
        var sent = Prefixed(Pictures.Jpeg(), "no picture"u8.ToArray());

        Assert.Contains("Element 1", await client.InferErrorAsync(HttpStatusCode.UnprocessableEntity, Binary(
            $$$"""{"inputs":[{"name":"image","shape":[2],"datatype":"BYTES","parameters":{"binary_data_size":{{{sent.Length}}}}}]}""",
            sent)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nobody", "Available: cifar-a")]
    [InlineData("cifar-a/versions/2", "version 1 is")]
    public async Task Infer_UnknownModel_Is404(string model, string why) =>
        Assert.Contains(why, await client.InferErrorAsync(HttpStatusCode.NotFound, Json("{}"), model), StringComparison.Ordinal);

    [Fact]
    public async Task Infer_TooManyBytes_Is413AsSentAndAsDecompressed()
    {
        await using var host = new ServiceHost(service.Repository, new() { ["OpenInference:MaxBodyBytes"] = "2000" });
        using var small = await host.ReadyClientAsync();
        var bomb = new ByteArrayContent(Compressed(new byte[1_000_000]));
        bomb.Headers.Add("Content-Encoding", "gzip");

        Assert.Contains("2,000", await small.InferErrorAsync(HttpStatusCode.RequestEntityTooLarge, Json(new string(' ', 2001))),
            StringComparison.Ordinal);
        Assert.Contains("2,000", await small.InferErrorAsync(HttpStatusCode.RequestEntityTooLarge, bomb), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("$.id", """{"id":"TEXT","inputs":[]}""")]
    [InlineData("JSON cannot be read", """{"inputs":[{"name":"TEXT","shape":[1],"datatype":"BYTES","data":[""]}]}""")]
    [InlineData("JSON cannot be read", """{"inputs":[{"name":"image","shape":[1],"datatype":"TEXT","data":[""]}]}""")]
    [InlineData("JSON cannot be read", """{"outputs":[{"name":"TEXT"}]}""")]
    [InlineData("JSON cannot be read", """{"TEXT":}""")]
    public async Task Infer_LongText_IsRefusedAndNotRepeated(string why, string json)
    {
        var text = new string('x', 100_000);

        var error = await client.InferErrorAsync(
            HttpStatusCode.BadRequest, Json(json.Replace("TEXT", text, StringComparison.Ordinal)));

        Assert.Contains(why, error, StringComparison.Ordinal);
        Assert.Contains("a text at most 1024 bytes", error, StringComparison.Ordinal);
        Assert.True(error.Length < 1000, $"The error has {error.Length} characters.");
    }

    [Fact]
    public async Task Infer_MemoryBeyondTheBudget_Is503WhateverTakesIt()
    {
        await using var host = new ServiceHost(service.Repository, new() { ["Limits:BytesOfAllBodies"] = "1000000" });
        using var small = await host.ReadyClientAsync();

        // Twice, because the first one must give its memory back.
        for (var i = 0; i < 2; i++)
        {
            var decompressed = new ByteArrayContent(Compressed(new byte[2_000_000]));
            decompressed.Headers.Add("Content-Encoding", "gzip");
            var photograph = new string('A', 600_000);
            var decoded = Json($$$"""{"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","data":["{{{photograph}}}"]}]}""");

            Assert.Contains("Limits:BytesOfAllBodies",
                await small.InferErrorAsync(HttpStatusCode.ServiceUnavailable, decompressed), StringComparison.Ordinal);
            Assert.Contains("Limits:BytesOfAllBodies",
                await small.InferErrorAsync(HttpStatusCode.ServiceUnavailable, decoded), StringComparison.Ordinal);
        }

        await small.InferAsync("cifar-a", BinaryCrops(Crops(2)));
    }

    [Theory]
    [InlineData("gzip", HttpStatusCode.BadRequest)]
    [InlineData("deflate", HttpStatusCode.BadRequest)]
    [InlineData("zstd", HttpStatusCode.UnsupportedMediaType)]
    public async Task Infer_InvalidEncoding_IsRefused(string encoding, HttpStatusCode status)
    {
        var content = Json("This is compressed by nothing.");
        content.Headers.Add("Content-Encoding", encoding);

        await client.InferErrorAsync(status, content);
    }

    [Fact]
    public async Task Infer_FullQueue_Is503WithRetryAfter()
    {
        await using var host = new ServiceHost(service.Repository, new() { ["Queue:LimitCrops"] = "1" });
        using var full = await host.ReadyClientAsync();
        var picture = Convert.ToBase64String(Pictures.Jpeg());

        using var response = await full.PostAsync("v2/models/cifar-a/infer", Json(
            $$"""{"inputs":[{"name":"image","datatype":"BYTES","shape":[1],"data":["{{picture}}"]}]}"""),
            TestContext.Current.CancellationToken);

        await response.ErrorAsync(HttpStatusCode.ServiceUnavailable);
        Assert.NotNull(response.Headers.RetryAfter);
    }

    [Theory]
    [InlineData("GET", "/v2/nothing", HttpStatusCode.NotFound)]
    [InlineData("GET", "/v2/models/cifar-a/infer", HttpStatusCode.MethodNotAllowed)]
    [InlineData("PUT", "/v2/repository/index", HttpStatusCode.MethodNotAllowed)]
    public async Task Send_UnknownRoute_IsAnErrorOfTheProtocol(string method, string path, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        await response.ErrorAsync(status);
    }

    private static byte[] Compressed(byte[] bytes)
    {
        using var compressed = new MemoryStream();
        using (var stream = new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            stream.Write(bytes);
        }

        return compressed.ToArray();
    }
}
