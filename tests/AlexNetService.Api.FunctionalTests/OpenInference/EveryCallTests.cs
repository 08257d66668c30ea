using System.Net;
using System.Text.Json.Nodes;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.Grpc;
using Google.Protobuf;
using Grpc.Core;
using static AlexNetService.Api.FunctionalTests.OpenInference.TensorRequests;
using InferenceClient = AlexNetService.Api.Grpc.GRPCInferenceService.GRPCInferenceServiceClient;

namespace AlexNetService.Api.FunctionalTests.OpenInference;

/// <summary>
/// The specification's REST and gRPC with the extensions that the service names, call by call: one row for each, with a part of its answer.
/// The parts that matter to programs are tested elsewhere in this folder and in <c>Grpc</c>.
/// </summary>
public sealed class EveryCallTests(EveryCallTests.OwnService service) : IClassFixture<EveryCallTests.OwnService>
{
    private const string Metadata = """
        {"name":"cifar-a","versions":["1"],"platform":"onnxruntime_onnx","inputs":[{"name":"image","datatype":"UINT8",
        "shape":[-1,3,28,28]}]
        """;

    private const string Configuration = """
        {"name":"cifar-a","platform":"onnxruntime_onnx","backend":"onnxruntime","max_batch_size":320,"input":[{"name":"image",
        "data_type":"TYPE_UINT8","dims":[3,28,28],"format":"FORMAT_NCHW"}]
        """;

    /// <summary>Each route of the document under /v2: its address, what is posted to it, and a part of its answer.</summary>
    private static readonly Dictionary<string, (string Address, Func<HttpContent>? Body, string Answer)> Routes = new()
    {
        ["get /v2"] = ("v2", null, """{"name":"alexnetservice","version":"0.1.0","extensions":["binary_tensor_data","""),
        ["get /v2/health/live"] = ("v2/health/live", null, """{"live":true}"""),
        ["get /v2/health/ready"] = ("v2/health/ready", null, """{"ready":true}"""),
        ["get /v2/models/{name}"] = ("v2/models/cifar-a", null, Metadata),
        ["get /v2/models/{name}/versions/{version}"] = ("v2/models/cifar-a/versions/1", null, Metadata),
        ["get /v2/models/{name}/ready"] = ("v2/models/cifar-a/ready", null, """{"name":"cifar-a","ready":true}"""),
        ["get /v2/models/{name}/versions/{version}/ready"] =
            ("v2/models/cifar-a/versions/1/ready", null, """{"name":"cifar-a","ready":true}"""),
        ["post /v2/models/{name}/infer"] =
            ("v2/models/cifar-a/infer", Photograph, """{"model_name":"cifar-a","model_version":"1","outputs":"""),
        ["post /v2/models/{name}/versions/{version}/infer"] =
            ("v2/models/cifar-a/versions/1/infer", Photograph, """{"model_name":"cifar-a","model_version":"1","outputs":"""),
        ["get /v2/models/{name}/config"] = ("v2/models/cifar-a/config", null, Configuration),
        ["get /v2/models/{name}/versions/{version}/config"] = ("v2/models/cifar-a/versions/1/config", null, Configuration),
        ["get /v2/models/{name}/stats"] = ("v2/models/cifar-a/stats", null, """{"model_stats":[{"name":"cifar-a","version":"1","""),
        ["get /v2/models/{name}/versions/{version}/stats"] =
            ("v2/models/cifar-a/versions/1/stats", null, """{"model_stats":[{"name":"cifar-a","version":"1","""),
        ["get /v2/models/stats"] = ("v2/models/stats", null, """{"name":"default","version":"1","""),
        ["post /v2/repository/index"] =
            ("v2/repository/index", () => Json(""), """{"name":"cifar-a","version":"1","state":"READY","reason":""}"""),
        ["post /v2/repository/models/{name}/load"] = ("v2/repository/models/seven/load", () => Json("{}"), ""),
        ["post /v2/repository/models/{name}/unload"] = ("v2/repository/models/unloaded-by-rest/unload", () => Json("{}"), ""),
    };

    /// <summary>Each call of the service's file, and a part of its answer as protobuf's JSON.</summary>
    private static readonly Dictionary<string, (Func<InferenceClient, CallOptions, Task<IMessage>> Send, string Answer)> Calls = new()
    {
        ["ServerLive"] = (async (client, options) => await client.ServerLiveAsync(new(), options), """{ "live": true }"""),
        ["ServerReady"] = (async (client, options) => await client.ServerReadyAsync(new(), options), """{ "ready": true }"""),
        ["ModelReady"] =
            (async (client, options) => await client.ModelReadyAsync(new() { Name = "cifar-a" }, options), """{ "ready": true }"""),
        ["ServerMetadata"] = (async (client, options) => await client.ServerMetadataAsync(new(), options), "\"alexnetservice\""),
        ["ModelMetadata"] = (
            async (client, options) => await client.ModelMetadataAsync(new() { Name = "cifar-a" }, options),
            """ "inputs": [ { "name": "image", "datatype": "UINT8", "shape": [ "-1", "3", "28", "28" ] } ]"""),
        ["ModelInfer"] = (
            async (client, options) => await client.ModelInferAsync(Crops("cifar-a"), options),
            """ "outputs": [ { "name": "probabilities", "datatype": "FP32", "shape": [ "1", "10" ]"""),
        ["ModelStreamInfer"] = (StreamAsync, """{ "inferResponse": { "modelName": "cifar-a", "modelVersion": "1", "outputs": [ """),
        ["ModelConfig"] = (
            async (client, options) => await client.ModelConfigAsync(new() { Name = "cifar-a" }, options),
            """ "input": [ { "name": "image", "dataType": "TYPE_UINT8", "format": "FORMAT_NCHW", "dims": [ "3", "28", "28" ] } ]"""),
        ["ModelStatistics"] = (
            async (client, options) => await client.ModelStatisticsAsync(new() { Name = "cifar-a" }, options),
            """{ "modelStats": [ { "name": "cifar-a", "version": "1", """),
        ["RepositoryIndex"] = (
            async (client, options) => await client.RepositoryIndexAsync(new(), options),
            """ { "name": "cifar-a", "version": "1", "state": "READY" }"""),
        ["RepositoryModelLoad"] =
            (async (client, options) => await client.RepositoryModelLoadAsync(new() { ModelName = "seven" }, options), "{ }"),
        ["RepositoryModelUnload"] =
            (async (client, options) => await client.RepositoryModelUnloadAsync(new() { ModelName = "unloaded-by-grpc" }, options), "{ }"),
    };

    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    public static TheoryData<string> RouteNames => [.. Routes.Keys];

    public static TheoryData<string> CallNames => [.. Calls.Keys];

    [Theory]
    [MemberData(nameof(RouteNames))]
    public async Task Rest_EachRoute_IsAnswered(string route)
    {
        var (address, body, answer) = Routes[route];
        using var request = new HttpRequestMessage(HttpMethod.Parse(route.Split(' ')[0]), address) { Content = body?.Invoke() };

        using var response = await service.Client.SendAsync(request, none);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains(answer.ReplaceLineEndings(""), await response.Content.ReadAsStringAsync(none), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(CallNames))]
    public async Task Grpc_EachCall_IsAnswered(string call)
    {
        var answer = await Calls[call].Send(new InferenceClient(service.Channel), new CallOptions(cancellationToken: none));

        Assert.Contains(Calls[call].Answer, answer.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rest_Table_HasEveryRoute()
    {
        var document = JsonNode.Parse(await service.Client.GetStringAsync("swagger/v1/swagger.json", none));

        var routes = document?["paths"]?.AsObject()
            .Where(path => path.Key.StartsWith("/v2", StringComparison.Ordinal))
            .SelectMany(path => path.Value?.AsObject().Select(operation => $"{operation.Key} {path.Key}") ?? []);

        Assert.Equal(routes?.Order(), Routes.Keys.Order());
    }

    [Fact]
    public void Grpc_Table_HasEveryCall() =>
        Assert.Equal(GRPCInferenceService.Descriptor.Methods.Select(method => method.Name).Order(), Calls.Keys.Order());

    private static ByteArrayContent Photograph() => Json(
        $$$"""{"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","data":["{{{Convert.ToBase64String(Pictures.Jpeg())}}}"]}]}""");

    private static ModelInferRequest Crops(string model) => Grpc.InferTests.RawCrops(model, 1);

    private static async Task<IMessage> StreamAsync(InferenceClient client, CallOptions options)
    {
        using var stream = client.ModelStreamInfer(options);
        await stream.RequestStream.WriteAsync(Crops("cifar-a"), options.CancellationToken);
        await stream.RequestStream.CompleteAsync();
        return await stream.ResponseStream.ReadAllAsync(options.CancellationToken).SingleAsync(options.CancellationToken);
    }

    /// <summary>A service whose models may be changed.</summary>
    public sealed class OwnService : SharedService
    {
        public OwnService()
        {
            Repository.PublishSeven(version: 1, "unloaded-by-rest");
            Repository.PublishSeven(version: 1, "unloaded-by-grpc");
        }
    }
}
