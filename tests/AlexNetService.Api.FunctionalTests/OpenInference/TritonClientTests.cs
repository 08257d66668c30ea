using System.Net;
using System.Net.Http.Headers;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Inference.Tests.Graphs;
using Microsoft.Extensions.DependencyInjection;
using static AlexNetService.Api.FunctionalTests.OpenInference.TensorRequests;

namespace AlexNetService.Api.FunctionalTests.OpenInference;

/// <summary>
/// What NVIDIA's Python clients do beyond the specification, according to their sources (triton-inference-server/client,
/// src/python/library/tritonclient/http): <c>_utils.py</c>, <c>_infer_result.py</c>, and <c>aio</c>, which is aiohttp with
/// <c>auto_decompress=False</c>.
/// </summary>
public sealed class TritonClientTests(SharedService service)
{
    private readonly CancellationToken none = TestContext.Current.CancellationToken;
    private readonly HttpClient client = service.Client;

    [Theory]
    [InlineData("GET", "v2", HttpStatusCode.OK)]
    [InlineData("GET", "v2/", HttpStatusCode.OK)]
    [InlineData("GET", "v2/models/cifar-a", HttpStatusCode.OK)]
    [InlineData("GET", "V2/models/cifar-a/config", HttpStatusCode.OK)]
    [InlineData("GET", "v2/models/stats", HttpStatusCode.OK)]
    [InlineData("POST", "v2/repository/index", HttpStatusCode.OK)]
    [InlineData("GET", "v2/models/nobody", HttpStatusCode.NotFound)]
    [InlineData("POST", "v2/models/cifar-a/infer", HttpStatusCode.BadRequest)]
    public async Task Send_EncodingsThatTheAsynchronousClientOnlyAnnounces_AreNotUsed(string method, string path, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.AcceptEncoding.ParseAdd("gzip, deflate, br");
        using var response = await client.SendAsync(request, none);

        Assert.Equal(status, response.StatusCode);
        Assert.Empty(response.Content.Headers.ContentEncoding);
        await response.JsonAsync();
    }

    [Fact]
    public async Task Infer_AcceptedEncodings_LeaveJsonAndBytesAsTheHeaderSays()
    {
        using var request = Infer(BinaryCrops(Crops(1)));
        request.Headers.AcceptEncoding.ParseAdd("gzip");
        using var response = await client.SendAsync(request, none);
        using var json = Infer(Json(
            $$$"""{"inputs":[{"name":"image","shape":[1]"""
            + $$$""","datatype":"BYTES","data":["{{{Convert.ToBase64String(Pictures.Jpeg())}}}"]}]}"""));
        json.Headers.AcceptEncoding.ParseAdd("deflate");
        using var plain = await client.SendAsync(json, none);

        var replies = new[]
        {
            InferReply.Of(response, await response.Content.ReadAsByteArrayAsync(none)),
            InferReply.Of(plain, await plain.Content.ReadAsByteArrayAsync(none)),
        };
        Assert.All(replies, reply => Assert.Equal([1, 10], reply.Shape("probabilities")));
    }

    // infer() can send parameters for sequences, priority and time limits; these are the values that ask for nothing special.
    [Theory]
    [InlineData(null)]
    [InlineData("application/octet-stream")]
    [InlineData("application/json")]
    public async Task Infer_EveryParameterOfTheClient_IsAnswered(string? contentType)
    {
        var crops = Crops(1);
        var content = Binary(
            $$$"""{"id":"a-7","inputs":[{"name":"image","shape":[1,3,{{{Side}}},{{{Side}}}]"""
            + $$$""","datatype":"UINT8","parameters":{"binary_data_size":{{{crops.Length}}}}}]"""
            + $$$""","outputs":[{"name":"logits","parameters":{"binary_data":true}}"""
            + $$$""",{"name":"probabilities","parameters":{"classification":2,"binary_data":true}}]"""
            + $$$""","parameters":{"sequence_id":0,"sequence_start":false,"sequence_end":false"""
            + $$$""","priority":0,"timeout":10000000,"own":"parameter"}}""",
            crops);
        content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);

        var reply = await client.InferAsync("cifar-a/versions/1", content);

        // The client computes offsets in the order of the outputs, which is the order of the request.
        Assert.Equal(["logits", "probabilities"], Requests.List(reply.Json, "outputs").Select(output => Requests.Text(output, "name")));
        Assert.Equal("a-7", Requests.Text(reply.Json, "id"));
        Assert.Equal(40, reply.Bytes["logits"].Length);
        Assert.Equal([1, 2], reply.Shape("probabilities"));
    }

    [Theory]
    [InlineData("\"sequence_id\":5", "Sequences are not supported")]
    [InlineData("\"sequence_id\":\"a\"", "Sequences are not supported")]
    [InlineData("\"sequence_start\":true", "Sequences are not supported")]
    [InlineData("\"sequence_id\":{}", "$.parameters.sequence_id")]
    [InlineData("\"priority\":1", "priority is 1")]
    [InlineData("\"timeout\":-1", "timeout is -1")]
    public async Task Infer_SchedulingThatDoesNotExist_IsRefused(string parameter, string why) => Assert.Contains(
        why,
        await client.InferErrorAsync(HttpStatusCode.BadRequest, Json(
            $$$"""{"parameters":{{{{parameter}}}},"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","data":["AA=="]}]}""")),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("cifar-a")]
    [InlineData("default")]
    public async Task Infer_TimeoutThatPassesInTheQueue_Is503AndWasNotRun(string model)
    {
        var clock = new GatedClock();
        await using var host = new ServiceHost(
            service.Repository, new() { ["Queue:DeadlineMs"] = "0" }, services => services.AddSingleton<TimeProvider>(clock));
        using var own = await host.ReadyClientAsync();
        var running = own.InferAsync("cifar-a", BinaryCrops(Crops(1)));
        await clock.Reached;

        // The engine is held with the first request in a run. Without a timeout, the second one would wait without end.
        var waiting = own.InferErrorAsync(HttpStatusCode.ServiceUnavailable, Json(
            $$$"""{"parameters":{"timeout":1000000},"inputs":[{"name":"image","shape":[1]"""
            + $$$""","datatype":"BYTES","data":["{{{Convert.ToBase64String(Pictures.Jpeg())}}}"]}]}"""), model);
        while (!waiting.IsCompleted)
        {
            clock.RingTimers();
            await Task.Delay(20, none);
        }

        Assert.Contains("was not run", await waiting, StringComparison.Ordinal);
        clock.Open();
        var answer = await running;
        Assert.Equal([1, 10], answer.Shape("probabilities"));
    }

    [Fact]
    public async Task Infer_WithoutOutputs_ReturnsThatOfTheMetadata() =>
        Assert.Equal(["probabilities"], (await client.InferAsync("cifar-a", BinaryCrops(Crops(1), ""))).Bytes.Keys);

    [Fact]
    public async Task Get_EscapedName_IsFound()
    {
        using var response = await client.GetAsync("v2/models/cifar%2Da/config", none);

        Assert.Equal("cifar-a", Requests.Text(await response.JsonAsync(), "name"));
    }

    [Theory]
    [InlineData(
        """{"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","data":["AA=="]}]"""
        + ""","outputs":[{"name":"probabilities","parameters":{"binary_data":false"""
        + ""","shared_memory_region":"out","shared_memory_byte_size":40}}]}""",
        "Shared memory is not supported")]
    [InlineData(
        """{"inputs":[{"name":"image","shape":[1],"data":["AA=="]"""
        + ""","datatype":"BYTES","parameters":{"shared_memory_region":"in","shared_memory_byte_size":40}}]}""",
        "Shared memory is not supported")]
    [InlineData(
        """{"inputs":[{"name":"image","shape":[1]"""
        + ""","datatype":"BYTES","parameters":{"shared_memory_region":"in","shared_memory_byte_size":40}}]}""",
        "neither data nor")]
    public async Task Infer_SharedMemory_Is400(string json, string why) =>
        Assert.Contains(why, await client.InferErrorAsync(HttpStatusCode.BadRequest, Json(json)), StringComparison.Ordinal);

    [Theory]
    [InlineData("v2/systemsharedmemory/status")]
    [InlineData("v2/cudasharedmemory/status")]
    [InlineData("v2/trace/setting")]
    [InlineData("v2/logging")]
    public async Task Get_UnsupportedExtension_IsAnErrorOfTheProtocol(string path)
    {
        using var response = await client.GetAsync(path, none);

        await response.ErrorAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Get_StatisticsOfPhotographs_CountTheirDecoding()
    {
        await using var host = new ServiceHost(service.Repository);
        using var own = await host.ReadyClientAsync();
        var sent = Prefixed(Pictures.Jpeg());
        await own.InferAsync("cifar-a", Binary(
            $$$"""{"inputs":[{"name":"image","shape":[1]"""
            + $$$""","datatype":"BYTES","parameters":{"binary_data_size":{{{sent.Length}}}}}]}""", sent));
        using var response = await own.GetAsync("v2/models/cifar-a/stats", none);

        var times = Assert.Single(Requests.List(await response.JsonAsync(), "model_stats"))["inference_stats"];
        Assert.Equal(
            ["success", "fail", "queue", "compute_input", "compute_infer", "compute_output", "cache_hit", "cache_miss"],
            times?.AsObject().Select(time => time.Key));
        Assert.True(times?["compute_input"]?["ns"]?.GetValue<long>() > 0);
    }

    private static HttpRequestMessage Infer(HttpContent content) => new(HttpMethod.Post, "v2/models/cifar-a/infer") { Content = content };
}
