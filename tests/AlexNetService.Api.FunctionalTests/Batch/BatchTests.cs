using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Tests.Graphs;
using Microsoft.Extensions.DependencyInjection;
using static AlexNetService.Api.FunctionalTests.Hosting.Requests;

namespace AlexNetService.Api.FunctionalTests.Batch;

public sealed class BatchTests(SharedService service)
{
    private const string Route = "/v1/classify/batch";

    private readonly HttpClient client = service.Client;

    [Fact]
    public async Task Batch_ThreePictures_AreAnsweredLikeSingleOnes()
    {
        using var form = Form([.. Enumerable.Range(1, 3).Select(seed => ($"{seed}.jpg", Pictures.Jpeg(seed)))]);
        var answer = await BatchAsync(form, "?crops=1&top=3&detail=true&views=true&models=cifar-b,cifar-a");

        var results = List(answer, "results");
        Assert.Equal(["1.jpg", "2.jpg", "3.jpg"], results.Select(result => Text(result, "name")));
        for (var i = 0; i < results.Count; i++)
        {
            var alone = await client.ClassifyAsync(
                "?crops=1&top=3&detail=true&views=true&models=cifar-b,cifar-a", Raw(Pictures.Jpeg(i + 1)));
            Same(List(alone, "predictions"), List(results[i], "predictions"));
            Assert.Equal(Text(Value(alone, "views"), "picture"), Text(Value(results[i], "views"), "picture"));
            Same(List(List(alone, "models")[1], "predictions"), List(List(results[i], "models")[1], "predictions"));
        }

        Assert.Equal(["cifar-b", "cifar-a"], List(answer, "models").Select(model => Text(model, "name")));
        Assert.Equal(1, Number<int>(answer, "crops"));
        Assert.NotEmpty(Text(answer, "requestId"));
        var timing = answer["timing"] ?? throw new InvalidOperationException("There is no timing.");
        Assert.All(["readMs", "classifyMs", "totalMs"], name => Assert.InRange(Number<double>(timing, name), 0, double.MaxValue));
    }

    [Fact]
    public async Task Batch_BadPicturesAmongGoodOnes_FailAloneWithTheStatusOfASingleRequest()
    {
        await using var host = new ServiceHost(service.Repository, new() { ["Classify:MaxBodyBytes"] = "100000" });
        using var small = await host.ReadyClientAsync();
        using var form = Form(
            ("good.jpg", Pictures.Jpeg(1)),
            ("text.jpg", Encoding.UTF8.GetBytes("This is a text and no picture.\n")),
            ("empty.jpg", []),
            ("cut.jpg", Pictures.TruncatedJpeg()),
            ("enormous.png", Pictures.EnormousPng()),
            ("long.jpg", new byte[100_001]));
        form.Add(Raw(Pictures.Jpeg(), "text/plain"), "images", "plain.txt");
        form.Add(Raw(Pictures.Jpeg(2)), "images", "good too.jpg");

        using var response = await small.PostAsync(Route, form, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var results = List(await response.JsonAsync(), "results");
        Assert.Equal(
            [
                ("good.jpg", 0), ("text.jpg", 422), ("empty.jpg", 400), ("cut.jpg", 422), ("enormous.png", 422), ("long.jpg", 413),
                ("plain.txt", 415), ("good too.jpg", 0),
            ],
            results.Select(result => (Text(result, "name"), result["error"] is { } error ? Number<int>(error, "status") : 0)));
        Assert.All(results, result => Assert.NotEqual(result["predictions"] is null, result["error"] is null));
        Assert.All(results.Select(result => result["error"]).OfType<JsonNode>(), error =>
            Assert.EndsWith(".", Text(error, "detail"), StringComparison.Ordinal));
        Assert.Contains("100,000", Text(results[5]["error"] ?? results[5], "detail"), StringComparison.Ordinal);
        var alone = await client.ClassifyAsync(content: Raw(Pictures.Jpeg(2)));
        Same(List(alone, "predictions"), List(results[7], "predictions"));
    }

    [Fact]
    public async Task Batch_PictureWithoutAFileName_IsNamedByItsPlace()
    {
        using var form = new MultipartFormDataContent { { Raw(Pictures.Jpeg(1)), "images" }, { Raw(Pictures.Jpeg(2)), "images" } };

        Assert.Equal(["images[0]", "images[1]"], List(await BatchAsync(form), "results").Select(result => Text(result, "name")));
    }

    [Fact]
    public async Task Batch_NoPicture_Is400AndNamesTheField()
    {
        using var form = Requests.Form(Pictures.Jpeg());

        Assert.Contains("'images'", await RefusedAsync(client, HttpStatusCode.BadRequest, form), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?top=0")]
    [InlineData("?models=cifar-a,seven")]
    public async Task Batch_InvalidParameter_Is400(string query) =>
        await RefusedAsync(client, HttpStatusCode.BadRequest, Form(("a.jpg", Pictures.Jpeg())), query);

    [Fact]
    public async Task Batch_UnknownModel_Is404() =>
        await RefusedAsync(client, HttpStatusCode.NotFound, Form(("a.jpg", Pictures.Jpeg())), "?models=nobody");

    [Theory]
    [InlineData("multipart/form-data", "--x\r\n")]
    [InlineData("multipart/form-data; boundary=x", "no boundary in here")]
    [InlineData("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"images\"\r\n\r\nhalf of")]
    public async Task Batch_MalformedForm_Is400(string type, string body) =>
        await RefusedAsync(client, HttpStatusCode.BadRequest, Raw(Encoding.UTF8.GetBytes(body), type));

    [Fact]
    public async Task Batch_NoForm_Is415AndNamesTheForm() => Assert.Contains(
        "multipart/form-data", await RefusedAsync(client, HttpStatusCode.UnsupportedMediaType, Raw(Pictures.Jpeg())),
        StringComparison.Ordinal);

    [Fact]
    public async Task Batch_TooManyPicturesOrBytes_Is413()
    {
        await using var host = new ServiceHost(
            service.Repository, new() { ["Classify:MaxBatchImages"] = "2", ["Classify:MaxBatchBytes"] = "50000" });
        using var limited = await host.ReadyClientAsync();

        var many = await RefusedAsync(
            limited, HttpStatusCode.RequestEntityTooLarge, Form(("a", Pictures.Jpeg()), ("b", Pictures.Jpeg()), ("c", Pictures.Jpeg())));
        var large = await RefusedAsync(
            limited, HttpStatusCode.RequestEntityTooLarge, Form(("a", Pictures.Jpeg()), ("b", new byte[60_000])));
        using var chunked = new HttpRequestMessage(HttpMethod.Post, Route) { Content = Form(("a", new byte[60_000])) };
        chunked.Headers.TransferEncodingChunked = true;
        using var unannounced = await limited.SendAsync(chunked, TestContext.Current.CancellationToken);

        Assert.Contains("2 pictures", many, StringComparison.Ordinal);
        Assert.Contains("50,000 bytes", large, StringComparison.Ordinal);
        await unannounced.ProblemAsync(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task Batch_NoRoomInTheQueue_Is503WithRetryAfter()
    {
        await using var host = new ServiceHost(service.Repository, new() { ["Queue:LimitCrops"] = "5" });
        using var full = await host.ReadyClientAsync();

        using var refused = await full.PostAsync(Route, Form(("a", Pictures.Jpeg())), TestContext.Current.CancellationToken);

        await refused.ProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
    }

    [Fact]
    public async Task Batch_ManyPictures_ReserveRoomForOneRunAndASmallRequestIsAccepted()
    {
        var clock = new GatedClock();
        await using var host = new ServiceHost(
            service.Repository, new() { ["Queue:LimitCrops"] = "40" }, services => services.AddSingleton<TimeProvider>(clock));
        using var waiting = await host.ReadyClientAsync();
        var engine = host.Services.GetRequiredService<InferenceEngine>();
        using var form = Form([.. Enumerable.Range(1, 30).Select(seed => ($"{seed}.jpg", Pictures.Jpeg(seed)))]);

        var huge = waiting.PostAsync(Route, form, TestContext.Current.CancellationToken);
        await clock.Reached;
        Assert.Equal(20, engine.WaitingCrops);
        var small = waiting.ClassifyAsync();
        while (engine.WaitingCrops < 40)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        clock.Open();
        Assert.Equal(5, List(await small, "predictions").Count);
        using var response = await huge;
        Assert.All(List(await response.JsonAsync(), "results"), result => Assert.Equal(5, List(result, "predictions").Count));
    }

    private static MultipartFormDataContent Form(params (string Name, byte[] Bytes)[] files)
    {
        var form = new MultipartFormDataContent();
        foreach (var (name, bytes) in files)
        {
            form.Add(Raw(bytes), "images", name);
        }

        return form;
    }

    private static Task<string> RefusedAsync(HttpClient client, HttpStatusCode status, HttpContent content, string query = "") =>
        client.RefusedAsync(status, content, query, Route);

    private static void Same(IReadOnlyList<JsonNode> expected, IReadOnlyList<JsonNode> found)
    {
        Assert.Equal(
            expected.Select(prediction => Number<int>(prediction, "index")), found.Select(prediction => Number<int>(prediction, "index")));
        Assert.All(expected.Zip(found), pair =>
            Assert.Equal(Number<float>(pair.First, "probability"), Number<float>(pair.Second, "probability"), 1e-5f));
    }

    private async Task<JsonNode> BatchAsync(HttpContent form, string query = "")
    {
        using var response = await client.PostAsync(Route + query, form, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.JsonAsync();
    }
}
