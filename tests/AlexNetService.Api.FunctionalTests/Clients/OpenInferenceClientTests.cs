using System.Text;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Client.OpenInference;
using Grpc.Core;
using static AlexNetService.Api.FunctionalTests.OpenInference.TensorRequests;

namespace AlexNetService.Api.FunctionalTests.Clients;

/// <summary>The package's client of the Open Inference Protocol, by REST and by gRPC.</summary>
public sealed class OpenInferenceClientTests(SharedService service)
{
    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Infer_NamedTensors_AreAnswered(bool grpc)
    {
        var client = Client(grpc);
        var input = NamedTensor.Of("image", Crops(3).AsSpan(), 3, 3, Side, Side);

        var answer = await client.InferAsync("cifar-a", [input], ["logits", "probabilities"], none);

        Assert.Equal(["logits", "probabilities"], answer.Select(tensor => tensor.Name));
        Assert.All(answer, tensor => Assert.Equal("FP32", tensor.DataType));
        Assert.All(answer, tensor => Assert.Equal([3, 10], tensor.Shape));
        Assert.All(answer[1].ToArray<float>().Chunk(10), row => Assert.Equal(1, row.Sum(), 1e-4f));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Infer_APhotograph_IsAnsweredByTheEnsemble(bool grpc)
    {
        var classified = Requests.List(await service.Client.ClassifyAsync(), "predictions");

        var answer = Assert.Single(await Client(grpc).InferAsync(
            "default", [NamedTensor.OfBytes("image", [Pictures.Jpeg()], 1, 1)], cancellation: none));

        var probabilities = answer.ToArray<float>();
        Assert.Equal(
            Requests.Number<int>(classified[0], "index"), Array.IndexOf(probabilities, probabilities.Max()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Model_ThatIsServed_IsReadyAndDescribed(bool grpc)
    {
        var client = Client(grpc);

        var tensors = await client.TensorsAsync("cifar-a", none);

        Assert.True(await client.IsReadyAsync(cancellation: none));
        Assert.True(await client.IsReadyAsync("cifar-a", none));
        Assert.False(await client.IsReadyAsync("nobody", none));
        var input = Assert.Single(tensors.Inputs);
        Assert.Equal(("image", "UINT8"), (input.Name, input.DataType));
        Assert.Equal([-1, 3, Side, Side], input.Shape);
    }

    [Fact]
    public async Task Infer_OfAnUnknownModel_ThrowsTheServersError()
    {
        NamedTensor[] inputs = [NamedTensor.Of("image", Crops(1).AsSpan(), 1, 3, Side, Side)];

        var rest = await Assert.ThrowsAsync<HttpRequestException>(() =>
            Client(grpc: false).InferAsync("nobody", inputs, cancellation: none));
        var grpc = await Assert.ThrowsAsync<RpcException>(() => Client(grpc: true).InferAsync("nobody", inputs, cancellation: none));

        Assert.Contains("'nobody'", rest.Message, StringComparison.Ordinal);
        Assert.Equal(StatusCode.NotFound, grpc.StatusCode);
    }

    [Fact]
    public void Tensor_OfByteStrings_GivesThemBack()
    {
        var tensor = NamedTensor.OfBytes("x", ["one"u8.ToArray(), ReadOnlyMemory<byte>.Empty, "three"u8.ToArray()], 3);

        Assert.Equal(["one", "", "three"], tensor.ToByteStrings().Select(value => Encoding.UTF8.GetString(value.Span)));
        Assert.Throws<InvalidOperationException>(tensor.ToArray<float>);
        Assert.Throws<ArgumentException>(() => NamedTensor.Of<float>("x", [1, 2, 3], 2, 2));
    }

    private OpenInferenceClient Client(bool grpc) =>
        grpc ? new OpenInferenceGrpcClient(service.Channel) : new OpenInferenceHttpClient(service.Client);
}
