using System.Net;
using AlexNetService.Api.FunctionalTests.Hosting;
using static AlexNetService.Api.FunctionalTests.Hosting.Requests;
using static AlexNetService.Api.FunctionalTests.OpenInference.TensorRequests;

namespace AlexNetService.Api.FunctionalTests.OpenInference;

public sealed class ServerTests(SharedService service)
{
    private readonly CancellationToken none = TestContext.Current.CancellationToken;
    private readonly HttpClient client = service.Client;

    [Theory]
    [InlineData("v2/health/live", """{"live":true}""")]
    [InlineData("v2/health/ready", """{"ready":true}""")]
    [InlineData("v2/models/cifar-a/ready", """{"name":"cifar-a","ready":true}""")]
    [InlineData("v2/models/cifar-a/versions/1/ready", """{"name":"cifar-a","ready":true}""")]
    [InlineData("v2/models/cifar-a",
        """{"name":"cifar-a","versions":["1"]"""
        + ""","platform":"onnxruntime_onnx","inputs":[{"name":"image","datatype":"UINT8","shape":[-1,3,28,28]}]"""
        + ""","outputs":[{"name":"probabilities","datatype":"FP32","shape":[-1,10]}]}""")]
    [InlineData("v2/models/default",
        """{"name":"default","versions":["1"]"""
        + ""","platform":"ensemble","inputs":[{"name":"image","datatype":"BYTES","shape":[-1,1]}]"""
        + ""","outputs":[{"name":"probabilities","datatype":"FP32","shape":[-1,10]}]}""")]
    [InlineData("v2/models/cifar-a/config",
        """{"name":"cifar-a","platform":"onnxruntime_onnx","backend":"onnxruntime","max_batch_size":320"""
        + ""","input":[{"name":"image","data_type":"TYPE_UINT8","dims":[3,28,28],"format":"FORMAT_NCHW"}]"""
        + ""","output":[{"name":"probabilities","data_type":"TYPE_FP32","dims":[10]}]}""")]
    [InlineData("v2/models/default/config",
        """{"name":"default","platform":"ensemble","backend":"","max_batch_size":64"""
        + ""","input":[{"name":"image","data_type":"TYPE_STRING","dims":[1],"format":"FORMAT_NONE"}]"""
        + ""","output":[{"name":"probabilities","data_type":"TYPE_FP32","dims":[10]}]}""")]
    public async Task Get_PathsOfTritonsClient_ReturnItsJson(string path, string expected)
    {
        using var response = await client.GetAsync(path, none);
        var answer = await response.Content.ReadAsStringAsync(none);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(expected, answer);
    }

    [Fact]
    public async Task Get_Server_NamesItsExtensions()
    {
        using var response = await client.GetAsync("v2", none);
        var server = await response.JsonAsync();

        Assert.Equal("alexnetservice", Text(server, "name"));
        Assert.NotEmpty(Text(server, "version"));
        Assert.Contains("binary_tensor_data", List(server, "extensions").Select(extension => extension.GetValue<string>()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/versions/1")]
    public async Task Get_Config_HasTritonsShape(string version)
    {
        using var response = await client.GetAsync($"v2/models/seven{version}/config", none);
        var config = await response.JsonAsync();

        Assert.Equal(
            ("seven", "onnxruntime", true), (Text(config, "name"), Text(config, "backend"), Number<int>(config, "max_batch_size") > 0));
        Assert.Equal(["TYPE_UINT8"], List(config, "input").Select(input => Text(input, "data_type")));
        Assert.Equal(7, List(List(config, "output")[0], "dims")[0].GetValue<int>());
    }

    [Fact]
    public async Task Get_Statistics_CountAnsweredAndFailedRequests()
    {
        await using var host = new ServiceHost(service.Repository);
        using var fresh = await host.ReadyClientAsync();
        await fresh.InferAsync("seven", BinaryCrops(Crops(3)));
        await fresh.InferErrorAsync(HttpStatusCode.BadRequest, Json("{}"), "seven");
        using var response = await fresh.GetAsync("v2/models/seven/stats", none);
        using var all = await fresh.GetAsync("v2/models/stats", none);

        var statistics = Assert.Single(List(await response.JsonAsync(), "model_stats"));
        Assert.Equal(4, List(await all.JsonAsync(), "model_stats").Count);
        Assert.Equal(
            ("seven", "1", 3), (Text(statistics, "name"), Text(statistics, "version"), Number<int>(statistics, "inference_count")));
        var times = statistics["inference_stats"];
        Assert.Equal((1, 1), (times?["success"]?["count"]?.GetValue<int>(), times?["fail"]?["count"]?.GetValue<int>()));
        Assert.True(times?["compute_infer"]?["ns"]?.GetValue<long>() > 0);
        Assert.True(times?["compute_output"]?["ns"]?.GetValue<long>() > 0);
        Assert.Equal((0, 0), (times?["cache_hit"]?["count"]?.GetValue<int>(), times?["cache_miss"]?["count"]?.GetValue<int>()));
        var batch = Assert.Single(List(statistics, "batch_stats"));
        Assert.Equal(
            (1, 3, 1), (Number<int>(statistics, "execution_count"), Number<int>(batch, "batch_size"), Number<int>(
                Value(batch, "compute_infer"), "count")));
        Assert.True(batch["compute_infer"]?["ns"]?.GetValue<long>() > 0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/ready")]
    [InlineData("/config")]
    [InlineData("/stats")]
    [InlineData("/versions/1")]
    public async Task Get_UnknownModel_Is404(string path)
    {
        using var response = await client.GetAsync($"v2/models/nobody{path}", none);

        Assert.Contains("'nobody' is not served", await response.ErrorAsync(HttpStatusCode.NotFound), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Repository_UnloadAndLoad_ChangeWhatIsServedAndTheIndex()
    {
        using var repository = new TestRepository();
        await using var host = new ServiceHost(repository);
        using var own = await host.ReadyClientAsync();

        Assert.Equal(["cifar-a 1 READY", "cifar-b 1 READY", "seven 1 READY", "default 1 READY"], await IndexAsync(own, ""));
        Assert.Equal(HttpStatusCode.OK, await PostAsync(own, "models/seven/unload", """{"parameters":{"unload_dependents":false}}"""));
        Assert.Equal("seven 1 UNAVAILABLE", (await IndexAsync(own, ""))[2].Replace("UNLOADING", "UNAVAILABLE", StringComparison.Ordinal));
        Assert.Equal(["cifar-a 1 READY", "cifar-b 1 READY", "default 1 READY"], await IndexAsync(own, """{"ready":true}"""));
        using (var gone = await own.GetAsync("v2/models/seven/ready", none))
        {
            await gone.ErrorAsync(HttpStatusCode.NotFound);
        }

        repository.PublishSeven(version: 2);
        Assert.Equal(HttpStatusCode.OK, await PostAsync(own, "models/seven/load", "{}"));
        Assert.Contains("seven 2 READY", await IndexAsync(own, ""));
        Assert.Equal(7, (await own.InferAsync("seven/versions/2", BinaryCrops(Crops(1)))).Floats("logits").Length);
    }

    [Theory]
    [InlineData("models/nobody/load", "{}", HttpStatusCode.NotFound, "no package 'nobody'")]
    [InlineData("models/nobody/unload", "{}", HttpStatusCode.NotFound, "not served")]
    [InlineData("models/cifar-a/unload", "{}", HttpStatusCode.Conflict, "ModelRepository:Default")]
    [InlineData("models/seven/load", """{"parameters":{"config":"{}"}}""", HttpStatusCode.BadRequest, "repository's folder")]
    [InlineData("models/seven/load", """{"parameters":{"file:1/model.onnx":"AA=="}}""", HttpStatusCode.BadRequest, "repository's folder")]
    [InlineData("models/seven/unload", """{"parameters":{"unload_dependents":true}}""", HttpStatusCode.BadRequest, "unload_dependents")]
    [InlineData("models/seven/load", "[]", HttpStatusCode.BadRequest, "object")]
    [InlineData("models/seven/load", "{", HttpStatusCode.BadRequest, "JSON")]
    [InlineData("index", "[", HttpStatusCode.BadRequest, "JSON")]
    public async Task Repository_InvalidChange_IsRefusedWithTheReason(string path, string body, HttpStatusCode status, string why)
    {
        using var response = await client.PostAsync($"v2/repository/{path}", Json(body), none);

        Assert.Contains(why, await response.ErrorAsync(status), StringComparison.Ordinal);
    }

    private async Task<string[]> IndexAsync(HttpClient own, string body)
    {
        using var response = await own.PostAsync("v2/repository/index", Json(body), none);
        return [.. (await response.JsonAsync()).AsArray().Select(entry => $"{entry?["name"]} {entry?["version"]} {entry?["state"]}")];
    }

    private async Task<HttpStatusCode> PostAsync(HttpClient own, string path, string body)
    {
        using var response = await own.PostAsync($"v2/repository/{path}", Json(body), none);
        return response.StatusCode;
    }
}
