using System.Net;
using System.Runtime.InteropServices;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Inference.Tests.Graphs;
using AlexNetService.ModelSpec.Package;
using static AlexNetService.Api.FunctionalTests.Hosting.Requests;
using static AlexNetService.Api.FunctionalTests.OpenInference.TensorRequests;

namespace AlexNetService.Api.FunctionalTests.OpenInference;

/// <summary>Packages with another input than uint8 NCHW. The expected answers are computed by hand.</summary>
public sealed class ForeignInputTests
{
    private const int Crop = 4;
    private const int Values = 3 * Crop * Crop;
    private const int Classes = 3;

    [Theory]
    [InlineData(PixelType.Float32, TensorLayout.Nchw, "FP32", "3,4,4")]
    [InlineData(PixelType.UInt8, TensorLayout.Nhwc, "UINT8", "4,4,3")]
    [InlineData(PixelType.Float32, TensorLayout.Nhwc, "FP32", "4,4,3")]
    public async Task Infer_CropsAsTheCardSays_AnswersWhatTheGraphComputes(
        PixelType type, TensorLayout layout, string datatype, string dimensions)
    {
        using var repository = new TestRepository();
        var graph = Publish(repository, type, layout);
        await using var host = new ServiceHost(repository);
        using var client = await host.ReadyClientAsync();
        var random = new Random(9);

        // Values of normalised crops. Halves are exact in FP32 and short in JSON.
        float[] values =
            [.. Enumerable.Range(0, 2 * Values).Select(_ => type == PixelType.Float32 ? random.Next(-500, 500) / 2f : random.Next(256))];
        byte[] bytes = type == PixelType.Float32 ? MemoryMarshal.AsBytes<float>(values).ToArray()
            : [.. values.Select(value => (byte)value)];
        var input = $$"""
            "name":"image","shape":[2,{{dimensions}}],"datatype":"{{datatype}}"
            """;

        var binary = await client.InferAsync("foreign", Binary(
            $$$"""{"inputs":[{{{{input}}},"parameters":{"binary_data_size":{{{bytes.Length}}}}}]"""
            + $$$""","outputs":[{"name":"probabilities"},{"name":"logits"}],"parameters":{"binary_data_output":true}}""", bytes));
        var numbers = values.Select(value => value.ToString(System.Globalization.CultureInfo.InvariantCulture));
        var json = await client.InferAsync("foreign", Json(FormattableString.Invariant(
            $$$"""{"inputs":[{{{{input}}},"data":[{{{string.Join(',', numbers)}}}]}]""")
            + ""","outputs":[{"name":"logits"},{"name":"probabilities"}]}"""));

        var logits = values.Chunk(Values).SelectMany(crop => ByHand.Logits(graph, [.. crop.Select(value => (double)value)])).ToArray();
        var probabilities = logits.Chunk(Classes).SelectMany(ByHand.Softmax).ToArray();
        foreach (var reply in new[] { binary, json })
        {
            Assert.Equal([2, Classes], reply.Shape("logits"));
            Assert.Equal(logits, reply.Floats("logits").Select(value => (double)value), (a, b) => Math.Abs(a - b) < 1e-3);
            Assert.Equal(probabilities, reply.Floats("probabilities").Select(value => (double)value), (a, b) => Math.Abs(a - b) < 1e-5);
        }

        using var metadata = await client.GetAsync("v2/models/foreign", TestContext.Current.CancellationToken);
        using var config = await client.GetAsync("v2/models/foreign/config", TestContext.Current.CancellationToken);
        var (tensor, configured) = (List(await metadata.JsonAsync(), "inputs")[0], List(await config.JsonAsync(), "input")[0]);
        Assert.Equal((datatype, $"[-1,{dimensions}]"), (Text(tensor, "datatype"), tensor["shape"]?.ToJsonString()));
        Assert.Equal(($"TYPE_{datatype}", $"[{dimensions}]"), (Text(configured, "data_type"), configured["dims"]?.ToJsonString()));
    }

    [Fact]
    public async Task Infer_FloatCropsThatDoNotFit_Are400WithTheReason()
    {
        using var repository = new TestRepository();
        Publish(repository, PixelType.Float32, TensorLayout.Nchw);
        await using var host = new ServiceHost(repository);
        using var client = await host.ReadyClientAsync();
        const string Input = "\"name\":\"image\",\"shape\":[1,3,4,4],\"datatype\":\"FP32\"";
        var notANumber = MemoryMarshal.AsBytes<float>([.. Enumerable.Repeat(float.NaN, Values)]).ToArray();

        await Refused("its shape needs 192",
            Binary($$$"""{"inputs":[{{{{Input}}},"parameters":{"binary_data_size":{{{Values}}}}}]}""", new byte[Values]));
        await Refused("does not fit FP32",
            Json($$$"""{"inputs":[{{{{Input}}},"data":[{{{string.Join(',', Enumerable.Repeat("1e99", Values))}}}]}]}"""));
        await Refused(
            "of FP32 [-1,3,4,4]", Json($$$"""{"inputs":[{{{{Input.Replace("FP32", "UINT8", StringComparison.Ordinal)}}},"data":[0]}]}"""));
        await Refused(
            "must be [-1,3,4,4]", Json($$$"""{"inputs":[{{{{Input.Replace("3,4,4", "4,4,3", StringComparison.Ordinal)}}},"data":[0]}]}"""));
        await Refused("ask for binary_data",
            Binary($$$"""{"inputs":[{{{{Input}}},"parameters":{"binary_data_size":{{{notANumber.Length}}}}}]}""", notANumber));

        async Task Refused(string why, HttpContent content) => Assert.Contains(
            why, await client.InferErrorAsync(HttpStatusCode.BadRequest, content, "foreign"), StringComparison.Ordinal);
    }

    private static TinyGraph Publish(TestRepository repository, PixelType type, TensorLayout layout)
    {
        var random = new Random(4);
        var graph = new TinyGraph
        {
            FloatInput = type == PixelType.Float32,
            Input = layout == TensorLayout.Nchw ? [0, 3, Crop, Crop] : [0, Crop, Crop, 3],
            Classes = Classes,
            Weights = [.. Enumerable.Range(0, Values * Classes).Select(_ => 0.01f * ((2 * random.NextSingle()) - 1))],
            Biases = [0.5f, -0.25f, 0],
        };
        var card = new ModelCard
        {
            Name = "foreign",
            Version = 1,
            Preprocessing = new Preprocessing { Canvas = 6, Crop = Crop, Type = type, Layout = layout },
            Tensors = new TensorNames("image", "logits", "probabilities", Features: null),
            Labels = [.. Enumerable.Range(0, Classes).Select(i => new ClassLabel(i, $"id{i}", $"name {i}"))],
            Graph = new GraphFile(ModelPackage.DefaultGraphFile, "", 0),
        };
        new PackageRepository(repository.Root).Publish(card, graph.ToModel());
        return graph;
    }
}
