using System.IO.Compression;
using System.Text.Json.Nodes;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.Models;
using AlexNetService.Inference.Sessions;
using Microsoft.Extensions.DependencyInjection;
using static AlexNetService.Api.FunctionalTests.OpenInference.TensorRequests;

namespace AlexNetService.Api.FunctionalTests.OpenInference;

public sealed class InferTests(SharedService service)
{
    private readonly HttpClient client = service.Client;

    [Fact]
    public async Task Infer_BinaryCrops_ReturnTheModelsOutputs()
    {
        var crops = Crops(3);
        await using var host = new ServiceHost(service.Repository);
        using var other = await host.ReadyClientAsync();
        using var lease = host.Services.GetRequiredService<ServedModels>().Enter()
            ?? throw new InvalidOperationException("Nothing is served.");
        var session = lease.Snapshot.Find("cifar-a") ?? throw new InvalidOperationException("There is no cifar-a.");
        var (probabilities, logits, features) = (new float[3 * 10], new float[3 * 10], new float[3 * session.Features]);
        session.Run(crops, 3, new CropOutputs { Probabilities = probabilities, Logits = logits, Features = features });

        var reply = await other.InferAsync("cifar-a", BinaryCrops(crops));

        Assert.Equal(["probabilities", "logits", "features"], reply.Bytes.Keys);
        Assert.Equal([3, session.Features], reply.Shape("features"));
        Assert.Equal(probabilities, reply.Floats("probabilities"), (a, b) => Math.Abs(a - b) < 1e-5f);
        Assert.Equal(logits, reply.Floats("logits"), (a, b) => Math.Abs(a - b) < 1e-3f);
        Assert.Equal(features, reply.Floats("features"), (a, b) => Math.Abs(a - b) < 1e-3f);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Infer_JsonCrops_AreAnsweredLikeBinaryOnes(bool nested)
    {
        var crops = Crops(2);
        var binary = await client.InferAsync("cifar-a", BinaryCrops(crops));
        var data = nested ? Nested(crops, [2, 3, Side, Side]) : new JsonArray([.. crops.Select(value => JsonValue.Create((int)value))]);

        // The data precede their datatype, which JSON allows.
        var reply = await client.InferAsync("cifar-a/versions/1", Json(
            $$$"""{"id":"seventeen","inputs":[{"data":{{{data.ToJsonString()}}}"""
            + $$$""","name":"image","shape":[2,3,{{{Side}}},{{{Side}}}],"datatype":"UINT8"}],"outputs":[{"name":"logits"}]}"""));

        Assert.Equal(("seventeen", "cifar-a", "1"), (
            Requests.Text(reply.Json, "id"), Requests.Text(reply.Json, "model_name"), Requests.Text(reply.Json, "model_version")));
        Assert.Equal("logits", Requests.Text(Assert.Single(Requests.List(reply.Json, "outputs")), "name"));
        Assert.Equal([2, 10], reply.Shape("logits"));
        Assert.Equal(binary.Floats("logits"), reply.Floats("logits"), (a, b) => Math.Abs(a - b) < 1e-3f);
    }

    [Theory]
    [InlineData("cifar-a", 10)]
    [InlineData("cifar-a", 1)]
    [InlineData("pair", 10)]
    public async Task Infer_Photographs_AreAnsweredLikeClassify(string model, int crops)
    {
        await using var host = new ServiceHost(service.Repository, new() { ["Ensembles:pair"] = "cifar-b=3,cifar-a" });
        using var pairs = await host.ReadyClientAsync();
        var files = new[] { Pictures.Jpeg(1), Pictures.Encode(2, ".png") };
        var sent = Prefixed(files);
        var reply = await pairs.InferAsync(model, Binary(
            $$$"""{"parameters":{"crops":{{{crops}}}}"""
            + $$$""","inputs":[{"name":"image","shape":[2,1],"datatype":"BYTES","parameters":{"binary_data_size":{{{sent.Length}}}}}]"""
            + $$$""","outputs":[{"name":"probabilities","parameters":{"binary_data":true}}]}""",
            sent));
        var json = await pairs.InferAsync(model, Json(
            $$$"""{"parameters":{"crops":{{{crops}}}}"""
            + $$$""","inputs":[{"name":"image","shape":[2]"""
            + $$$""","datatype":"BYTES","data":["{{{Convert.ToBase64String(files[0])}}}","{{{Convert.ToBase64String(files[1])}}}"]}]}"""));

        var found = new List<float>();
        foreach (var file in files)
        {
            found.AddRange(
                Requests.Probabilities(await pairs.ClassifyAsync($"?models={model}&top=10&crops={crops}", Requests.Raw(file, null))));
        }

        Assert.Equal([2, 10], reply.Shape("probabilities"));
        Assert.Equal(found, reply.Floats("probabilities"), (a, b) => Math.Abs(a - b) < 1e-5f);
        Assert.Equal(found, json.Floats("probabilities"), (a, b) => Math.Abs(a - b) < 1e-5f);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Infer_Classification_ReturnsTheMostProbableAsStrings(bool binary)
    {
        var crops = Crops(2);
        var values = (await client.InferAsync("cifar-a", BinaryCrops(crops))).Floats("probabilities");

        var reply = await client.InferAsync("cifar-a", Binary(
            $$$"""{"inputs":[{"name":"image","shape":[2,3,{{{Side}}},{{{Side}}}]"""
            + $$$""","datatype":"UINT8","parameters":{"binary_data_size":{{{crops.Length}}}}}]"""
            + $$$""","outputs":[{"name":"probabilities","parameters":{"classification":3"""
            + $$$""","binary_data":{{{(binary ? "true" : "false")}}}}}]}""",
            crops));

        var expected = values.Chunk(10).SelectMany(
            row => row.Select((value, index) => (value, index)).OrderByDescending(one => one.value).Take(3)
            .Select(one => FormattableString.Invariant($"{one.value:F6}:{one.index}:class {one.index}"))).ToArray();
        Assert.Equal([2, 3], reply.Shape("probabilities"));
        Assert.Equal("BYTES", Requests.Text(reply.Output("probabilities"), "datatype"));
        if (binary)
        {
            Assert.Equal(Prefixed([.. expected.Select(System.Text.Encoding.UTF8.GetBytes)]), reply.Bytes["probabilities"]);
        }
        else
        {
            Assert.Equal(expected, Requests.List(reply.Output("probabilities"), "data").Select(one => one.GetValue<string>()));
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Infer_CompressedBody_IsAnsweredLikeAPlainOne(string encoding)
    {
        var plain = BinaryCrops(Crops(2));
        var expected = (await client.InferAsync("cifar-a", BinaryCrops(Crops(2)))).Floats("logits");
        using var compressed = new MemoryStream();
        await using (Stream stream = encoding == "gzip"
            ? new GZipStream(compressed, CompressionMode.Compress, leaveOpen: true)
            : new ZLibStream(compressed, CompressionMode.Compress, leaveOpen: true))
        {
            await plain.CopyToAsync(stream, TestContext.Current.CancellationToken);
        }

        var content = new ByteArrayContent(compressed.ToArray());
        content.Headers.Add("Content-Encoding", encoding);
        content.Headers.Add("Inference-Header-Content-Length", plain.Headers.GetValues("Inference-Header-Content-Length"));

        Assert.Equal(expected, (await client.InferAsync("cifar-a", content)).Floats("logits"), (a, b) => Math.Abs(a - b) < 1e-3f);
    }

    private static JsonArray Nested(ReadOnlySpan<byte> values, ReadOnlySpan<int> shape)
    {
        var array = new JsonArray();
        var size = values.Length / shape[0];
        for (var i = 0; i < shape[0]; i++)
        {
            array.Add(shape.Length == 1 ? JsonValue.Create((int)values[i]) : Nested(values.Slice(i * size, size), shape[1..]));
        }

        return array;
    }
}
