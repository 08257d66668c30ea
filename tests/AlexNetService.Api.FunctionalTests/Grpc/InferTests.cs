using System.Runtime.InteropServices;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.FunctionalTests.OpenInference;
using AlexNetService.Api.Grpc;
using Google.Protobuf;
using Grpc.Core;
using static AlexNetService.Api.FunctionalTests.OpenInference.TensorRequests;
using InferenceClient = AlexNetService.Api.Grpc.GRPCInferenceService.GRPCInferenceServiceClient;
using Input = AlexNetService.Api.Grpc.ModelInferRequest.Types.InferInputTensor;
using Output = AlexNetService.Api.Grpc.ModelInferRequest.Types.InferRequestedOutputTensor;

namespace AlexNetService.Api.FunctionalTests.Grpc;

/// <summary>Tensors and photographs over gRPC are answered like those over REST.</summary>
public sealed class InferTests(SharedService service)
{
    private readonly CancellationToken none = TestContext.Current.CancellationToken;
    private readonly InferenceClient client = new(service.Channel);

    /// <summary>
    /// Random crops as NVIDIA's tritonclient.grpc sends a numpy array (_infer_input.py, _utils.py): raw, with an empty version.
    /// </summary>
    internal static ModelInferRequest RawCrops(string model, int count) => new()
    {
        ModelName = model,
        ModelVersion = "",
        Inputs = { new Input { Name = "image", Datatype = "UINT8", Shape = { count, 3, Side, Side } } },
        RawInputContents = { ByteString.CopyFrom(Crops(count)) },
    };

    [Fact]
    public async Task Infer_RawCropsAsTritonsClientSendsThem_AreAnsweredLikeRest()
    {
        var rest = await service.Client.InferAsync("cifar-a", BinaryCrops(Crops(3)));
        var request = RawCrops("cifar-a", 3);
        request.Id = "a-7";
        request.Outputs.Add([new Output { Name = "logits" }, new Output { Name = "probabilities" }, new Output { Name = "features" }]);

        var answer = await client.ModelInferAsync(request, cancellationToken: none);

        Assert.Equal(("cifar-a", "1", "a-7"), (answer.ModelName, answer.ModelVersion, answer.Id));
        Assert.Equal(["logits", "probabilities", "features"], answer.Outputs.Select(output => output.Name));
        Assert.All(answer.Outputs.Zip(answer.RawOutputContents), output =>
        {
            Assert.Equal(("FP32", null), (output.First.Datatype, output.First.Contents));
            Assert.Equal(rest.Shape(output.First.Name), output.First.Shape.Select(dimension => (int)dimension));
            Assert.Equal(rest.Floats(output.First.Name), Floats(output.Second), (a, b) => Math.Abs(a - b) < 1e-3f);
        });
    }

    [Fact]
    public async Task Infer_WithoutOutputs_ReturnsThatOfTheMetadata()
    {
        var answer = await client.ModelInferAsync(RawCrops("cifar-a", 2), cancellationToken: none);

        Assert.Equal([2, 10], Assert.Single(answer.Outputs).Shape);
        Assert.Equal("probabilities", answer.Outputs[0].Name);
    }

    [Fact]
    public async Task Infer_CropsByType_AreAnsweredByType()
    {
        var raw = await client.ModelInferAsync(RawCrops("cifar-a", 2), cancellationToken: none);
        var request = RawCrops("cifar-a", 2);
        request.RawInputContents.Clear();
        request.Inputs[0].Contents = new InferTensorContents { UintContents = { Crops(2).Select(pixel => (uint)pixel) } };

        var answer = await client.ModelInferAsync(request, cancellationToken: none);

        Assert.Empty(answer.RawOutputContents);
        Assert.Equal(Floats(raw.RawOutputContents[0]), answer.Outputs[0].Contents.Fp32Contents, (a, b) => Math.Abs(a - b) < 1e-5f);
    }

    [Theory]
    [InlineData("default", 10, true)]
    [InlineData("default", 1, false)]
    [InlineData("cifar-b", 10, false)]
    public async Task Infer_Photographs_AreAnsweredLikeClassify(string model, int crops, bool raw)
    {
        var files = new[] { Pictures.Jpeg(1), Pictures.Encode(2, ".png") };
        var request = Photographs(model, raw, files);
        request.Parameters["crops"] = new InferParameter { Int64Param = crops };

        var answer = await client.ModelInferAsync(request, cancellationToken: none);

        var expected = new List<float>();
        foreach (var file in files)
        {
            var query = model == "default" ? $"?top=10&crops={crops}" : $"?models={model}&top=10&crops={crops}";
            expected.AddRange(Requests.Probabilities(await service.Client.ClassifyAsync(query, Requests.Raw(file, null))));
        }

        Assert.Equal([2, 10], answer.Outputs[0].Shape);
        var found = raw ? Floats(answer.RawOutputContents[0]) : [.. answer.Outputs[0].Contents.Fp32Contents];
        Assert.Equal(expected, found, (a, b) => Math.Abs(a - b) < 1e-5f);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Infer_Classification_ReturnsTheMostProbableAsStrings(bool raw)
    {
        var values = Floats((await client.ModelInferAsync(RawCrops("cifar-a", 1), cancellationToken: none)).RawOutputContents[0]);
        var request = RawCrops("cifar-a", 1);
        request.Outputs.Add(new Output { Name = "probabilities", Parameters = { ["classification"] = new() { Int64Param = 3 } } });
        if (!raw)
        {
            request.RawInputContents.Clear();
            request.Inputs[0].Contents = new InferTensorContents { UintContents = { Crops(1).Select(pixel => (uint)pixel) } };
        }

        var answer = await client.ModelInferAsync(request, cancellationToken: none);

        byte[][] expected =
        [
            .. values.Select((value, index) => (value, index)).OrderByDescending(one => one.value).Take(3).Select(one =>
                System.Text.Encoding.UTF8.GetBytes(FormattableString.Invariant($"{one.value:F6}:{one.index}:class {one.index}"))),
        ];
        Assert.Equal(("BYTES", "[ 1, 3 ]"), (answer.Outputs[0].Datatype, answer.Outputs[0].Shape.ToString().Replace("\"", "")));
        if (raw)
        {
            Assert.Equal(Prefixed(expected), answer.RawOutputContents[0].ToByteArray());
        }
        else
        {
            Assert.Equal(expected, answer.Outputs[0].Contents.BytesContents.Select(element => element.ToByteArray()));
        }
    }

    // tritonclient's compression_algorithm.
    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Infer_CompressedMessage_IsAnsweredLikeAPlainOne(string encoding)
    {
        var plain = await client.ModelInferAsync(RawCrops("cifar-a", 2), cancellationToken: none);

        var answer = await client.ModelInferAsync(
            RawCrops("cifar-a", 2), new Metadata { { "grpc-internal-encoding-request", encoding } }, cancellationToken: none);

        Assert.Equal(Floats(plain.RawOutputContents[0]), Floats(answer.RawOutputContents[0]), (a, b) => Math.Abs(a - b) < 1e-5f);
    }

    private static ModelInferRequest Photographs(string model, bool raw, byte[][] files)
    {
        var input = new Input { Name = "image", Datatype = "BYTES", Shape = { files.Length, 1 } };
        var request = new ModelInferRequest { ModelName = model, Inputs = { input } };
        if (raw)
        {
            request.RawInputContents.Add(ByteString.CopyFrom(Prefixed(files)));
        }
        else
        {
            input.Contents = new InferTensorContents { BytesContents = { files.Select(file => ByteString.CopyFrom(file)) } };
        }

        return request;
    }

    internal static float[] Floats(ByteString raw) => MemoryMarshal.Cast<byte, float>(raw.Span).ToArray();
}
