using System.Net;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.FunctionalTests.OpenInference;
using AlexNetService.Imaging;
using AlexNetService.Inference.Tests.Graphs;
using AlexNetService.ModelSpec.Package;
using static AlexNetService.Api.FunctionalTests.Hosting.Requests;

namespace AlexNetService.Api.FunctionalTests.Models;

/// <summary>
/// A model whose answer to a white photograph is not a number: 4e34 times the sum of 48 pixels is below the largest float for a mean of
/// 127.5, as noise has, and above it for 255.
/// </summary>
public sealed class NotFiniteTests : IAsyncLifetime
{
    private const int Crop = 4;
    private const int Values = 3 * Crop * Crop;
    private const int Classes = 10;

    private readonly TestRepository repository = new();
    private readonly byte[] white = CanvasEncoder.Png([.. Enumerable.Repeat(byte.MaxValue, 3 * 8 * 8)], 8);
    private ServiceHost? host;
    private HttpClient? client;

    private HttpClient Client => client ?? throw new InvalidOperationException("The service has not been started.");

    public async ValueTask InitializeAsync()
    {
        var graph = new TinyGraph
        {
            Input = [0, 3, Crop, Crop],
            Classes = Classes,
            Weights = [.. Enumerable.Range(0, Values * Classes).Select(i => i % Classes == 0 ? 4e34f : 0)],
            Biases = new float[Classes],
            WithFeatures = true,
        };
        var card = new ModelCard
        {
            Name = "faulty",
            Version = 1,
            Preprocessing = new Preprocessing { Canvas = 6, Crop = Crop },
            Tensors = new TensorNames("image", "logits", "probabilities", "features"),
            Labels = [.. Enumerable.Range(0, Classes).Select(i => new ClassLabel(i, $"id{i}", $"class {i}"))],
            Graph = new GraphFile(ModelPackage.DefaultGraphFile, "", 0),
        };
        new PackageRepository(repository.Root).Publish(card, graph.ToModel());
        host = new ServiceHost(repository);
        client = await host.ReadyClientAsync();
    }

    public async ValueTask DisposeAsync()
    {
        client?.Dispose();
        if (host is not null)
        {
            await host.DisposeAsync();
        }

        repository.Dispose();
    }

    [Theory]
    [InlineData("/v1/classify?models=faulty")]
    [InlineData("/v1/classify?models=faulty,cifar-a&detail=true")]
    [InlineData("/v1/explain?models=faulty")]
    public async Task Post_PhotographWhoseAnswerIsNoNumber_IsAProblemThatNamesTheModel(string route) => Assert.Contains(
        "'faulty' answered",
        await Client.RefusedAsync(HttpStatusCode.InternalServerError, Raw(white, "image/png"), route: route),
        StringComparison.Ordinal);

    [Fact]
    public async Task Batch_OnePhotographWhoseAnswerIsNoNumber_HasAnErrorOfItsOwn()
    {
        using var form = new MultipartFormDataContent
        {
            { Raw(white, "image/png"), "images", "white.png" },
            { Raw(Pictures.Jpeg()), "images", "photo.jpg" },
        };

        using var response = await Client.PostAsync(
            "/v1/classify/batch?models=faulty", form, TestContext.Current.CancellationToken);

        var results = List(await response.JsonAsync(), "results");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(500, Number<int>(Value(results[0], "error"), "status"));
        Assert.Equal(5, List(results[1], "predictions").Count);
    }

    [Fact]
    public async Task Infer_CropsWhoseAnswerIsNoNumber_IsAnErrorOfTheProtocol()
    {
        var pixels = string.Join(',', Enumerable.Repeat(255, Values));
        var content = TensorRequests.Json(
            $$$"""{"inputs":[{"name":"image","shape":[1,3,4,4],"datatype":"UINT8","data":[{{{pixels}}}]}]}""");

        Assert.Contains(
            "'faulty' answered",
            await Client.InferErrorAsync(HttpStatusCode.InternalServerError, content, "faulty"),
            StringComparison.Ordinal);
    }
}
