using System.Net;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Package;
using Microsoft.ML.OnnxRuntime;
using static AlexNetService.Api.FunctionalTests.Hosting.Requests;

namespace AlexNetService.Api.FunctionalTests.Classify;

public sealed class ClassifyTests(SharedService service)
{
    private readonly HttpClient client = service.Client;

    [Fact]
    public async Task Classify_RawJpeg_ReturnsTheFiveMostProbableClassesOfBothMembers()
    {
        var answer = await client.ClassifyAsync();

        var predictions = List(answer, "predictions");
        Assert.Equal([1, 2, 3, 4, 5], predictions.Select(prediction => Number<int>(prediction, "rank")));
        Assert.All(predictions, prediction => Assert.Equal(
            ($"id{Number<int>(prediction, "index")}", $"class {Number<int>(prediction, "index")}"),
            (Text(prediction, "id"), Text(prediction, "label"))));
        var probabilities = predictions.Select(prediction => Number<float>(prediction, "probability")).ToArray();
        Assert.Equal(probabilities.OrderDescending(), probabilities);
        Assert.Equal(
            [("cifar-a", 1, 1.0), ("cifar-b", 1, 1.0)],
            List(answer, "models").Select(model => (Text(model, "name"), Number<int>(model, "version"), Number<double>(model, "weight"))));
        Assert.All(List(answer, "models"), model => Assert.False(model.AsObject().ContainsKey("predictions")));
        Assert.Equal(10, Number<int>(answer, "crops"));
        Assert.NotEmpty(Text(answer, "requestId"));
        var timing = answer["timing"] ?? throw new InvalidOperationException("There is no timing.");
        Assert.All(["decodeMs", "queueMs", "inferMs", "totalMs"], name => Assert.InRange(Number<double>(timing, name), 0, double.MaxValue));
    }

    [Fact]
    public async Task Classify_ModelWithAWeightInItsCard_ShowsTheWeight() => Assert.Equal(
        TestRepository.SevenWeight, Number<double>(Assert.Single(List(await client.ClassifyAsync("?models=seven"), "models")), "weight"));

    [Fact]
    public async Task Classify_TopTen_SumsToOne()
    {
        var probabilities = Probabilities(await client.ClassifyAsync("?top=10"));

        Assert.Equal(10, probabilities.Length);
        Assert.Equal(1, probabilities.Sum(), 1e-4f);
        Assert.True(probabilities.Max() - probabilities.Min() > 0.01f, "The test's models should tell pictures apart.");
    }

    [Fact]
    public async Task Classify_TopBeyondTheNumberOfClasses_ReturnsAllClasses() =>
        Assert.Equal(10, List(await client.ClassifyAsync("?top=100"), "predictions").Count);

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    public async Task Classify_OverHttp_IsTheMeanThatOnnxRuntimeComputesFromTheGraphs(int crops)
    {
        var a = ReferenceProbabilities("cifar-a", Pictures.Jpeg(3), crops);
        var b = ReferenceProbabilities("cifar-b", Pictures.Jpeg(3), crops);

        var found = Probabilities(await client.ClassifyAsync($"?top=10&crops={crops}", Raw(Pictures.Jpeg(3))));

        Assert.True(a.Zip(b).Any(pair => Math.Abs(pair.First - pair.Second) > 0.01f), "The test's models should differ.");
        Assert.All(Enumerable.Range(0, 10), i => Assert.Equal((a[i] + b[i]) / 2, found[i], 1e-6f));
    }

    [Fact]
    public async Task Classify_MultipartField_EqualsTheRawBody()
    {
        var raw = Probabilities(await client.ClassifyAsync("?top=10", Raw(Pictures.Jpeg())));
        var form = Probabilities(await client.ClassifyAsync("?top=10", Form(Pictures.Jpeg())));

        Assert.Equal(raw, form);
    }

    [Theory]
    [InlineData(".jpg", "image/jpeg")]
    [InlineData(".jpg", "image/jpg")]
    [InlineData(".png", "image/png")]
    [InlineData(".webp", "image/webp")]
    [InlineData(".gif", "image/gif")]
    [InlineData(".tif", "image/tiff")]
    [InlineData(".avif[effort=0]", "image/avif")]
    [InlineData(".png", "application/octet-stream")]
    [InlineData(".png", "image/jpeg")]
    [InlineData(".jpg", null)]
    public async Task Classify_EverySupportedType_IsClassified(string suffix, string? type) =>
        Assert.Equal(5, List(await client.ClassifyAsync("", Raw(Pictures.Encode(1, suffix), type)), "predictions").Count);

    [Fact]
    public async Task Classify_Detail_AddsEachMembersOwnPredictions()
    {
        var answer = await client.ClassifyAsync("?top=10&detail=true");

        var (mean, members) = (Probabilities(answer), List(answer, "models").Select(Probabilities).ToArray());
        Assert.Equal(2, members.Length);
        Assert.NotEqual(members[0], members[1]);
        Assert.All(Enumerable.Range(0, 10), i => Assert.Equal((members[0][i] + members[1][i]) / 2, mean[i], 1e-6f));
    }

    [Theory]
    [InlineData("", 10)]
    [InlineData("&crops=1", 1)]
    public async Task Classify_Views_AddTheCanvasAndEachCropWhoseMeanIsTheAnswer(string query, int crops)
    {
        var answer = await client.ClassifyAsync($"?views=true{query}", Raw(Pictures.Jpeg(3)));

        var views = Value(answer, "views");
        var picture = new Canvas(32, new byte[3 * 32 * 32]);
        Assert.Null(CanvasDecoder.DecodeTo(Pictures.Jpeg(3), 32, picture.Pixels, cancellation: TestContext.Current.CancellationToken));
        var png = Convert.FromBase64String(Text(views, "picture")["data:image/png;base64,".Length..]);
        var shown = new Canvas(32, new byte[3 * 32 * 32]);
        Assert.Null(CanvasDecoder.DecodeTo(png, 32, shown.Pixels, cancellation: TestContext.Current.CancellationToken));
        Assert.Equal(picture.Pixels, shown.Pixels);
        Assert.Equal((32, 28), (Number<int>(views, "canvas"), Number<int>(views, "crop")));
        var all = List(views, "crops");
        Assert.Equal(crops, all.Count);
        Assert.Equal(crops / 2, all.Count(crop => Value(crop, "mirrored").GetValue<bool>()));
        Assert.Equal((crops == 1 ? 2 : 0, crops == 1 ? 2 : 0), (Number<int>(all[0], "top"), Number<int>(all[0], "left")));
        var winner = List(answer, "predictions")[0];
        Assert.Equal(Number<float>(winner, "probability"), all.Average(crop => Number<float>(crop, "probability")), 1e-6f);
        Assert.All(all, crop => Assert.True(
            Number<float>(Value(crop, "prediction"), "probability") >= Number<float>(crop, "probability")));
    }

    [Fact]
    public async Task Classify_WithoutViews_HasNone() => Assert.Null((await client.ClassifyAsync())["views"]);

    [Fact]
    public async Task Classify_FormOfABrowserWithoutJavaScript_IsAPage()
    {
        const string Accept = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
        using var response = await client.SendPictureAsync("/v1/classify", Accept);
        var html = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, "text/html"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        var predictions = List(await client.ClassifyAsync(), "predictions");
        Assert.Contains($"<h1>{Text(predictions[0], "label")}</h1>", html, StringComparison.Ordinal);
        Assert.All(predictions, prediction => Assert.Contains($"<p>{Text(prediction, "label")}: ", html, StringComparison.Ordinal));
        Assert.InRange(html.Length, 1, 1500);
    }

    [Fact]
    public async Task Classify_FormOfABrowserWithAnInvalidPicture_IsAPageThatSaysWhy()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/classify?models=<b>") { Content = Form(Pictures.Jpeg()) };
        request.Headers.Accept.ParseAdd("text/html, */*;q=0.8");
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        var html = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.NotFound, "text/html"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Contains("&lt;b&gt;", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Classify_NamedModels_AnswerInTheOrderOfTheirNames()
    {
        var both = await client.ClassifyAsync("?top=10&models=cifar-b,cifar-a");
        var one = await client.ClassifyAsync("?top=7&models=seven");

        Assert.Equal(["cifar-b", "cifar-a"], List(both, "models").Select(model => Text(model, "name")));
        Assert.All(
            Probabilities(await client.ClassifyAsync("?top=10")).Zip(Probabilities(both)),
            pair => Assert.Equal(pair.First, pair.Second, 1e-7f));
        Assert.Equal(7, Probabilities(one).Length);
    }

    [Fact]
    public async Task Classify_ManyAtOnce_EachGetsItsOwnAnswer()
    {
        var alone = new List<float[]>();
        for (var seed = 0; seed < 12; seed++)
        {
            alone.Add(Probabilities(await client.ClassifyAsync("?top=10", Raw(Pictures.Jpeg(seed)))));
        }

        var together = await Task.WhenAll(
            Enumerable.Range(0, 12).Select(seed => client.ClassifyAsync("?top=10", Raw(Pictures.Jpeg(seed)))));

        for (var seed = 0; seed < 12; seed++)
        {
            Assert.All(alone[seed].Zip(Probabilities(together[seed])), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
        }
    }

    /// <summary>The mean over the crops, which are cut here and run one by one in ONNX Runtime itself.</summary>
    private float[] ReferenceProbabilities(string model, byte[] file, int crops)
    {
        var package = ModelPackage.Open(Path.Combine(service.Repository.Root, model, "1"));
        var (canvas, crop) = (package.Card.Preprocessing.Canvas, package.Card.Preprocessing.Crop);
        var picture = new Canvas(canvas, new byte[3 * canvas * canvas]);
        Assert.Null(CanvasDecoder.DecodeTo(file, canvas, picture.Pixels, cancellation: TestContext.Current.CancellationToken));
        using var session = new InferenceSession(package.PathOf(package.Card.Graph));
        using var options = new RunOptions();
        var (centre, edge) = ((canvas - crop) / 2, canvas - crop);
        (int X, int Y)[] places = crops == 1 ? [(centre, centre)] : [(0, 0), (edge, 0), (0, edge), (edge, edge), (centre, centre)];
        bool[] mirrors = crops == 1 ? [false] : [false, true];
        var mean = new float[10];
        foreach (var (x, y) in places)
        {
            foreach (var isMirrored in mirrors)
            {
                // [1,3,crop,crop] from the canvas [3,canvas,canvas]; a mirrored crop is a crop of the mirrored canvas.
                var pixels = new byte[3 * crop * crop];
                for (var i = 0; i < pixels.Length; i++)
                {
                    var (channel, row, column) = (i / crop / crop, i / crop % crop, i % crop);
                    var from = isMirrored ? canvas - 1 - (x + column) : x + column;
                    pixels[i] = picture.Pixels[(((channel * canvas) + y + row) * canvas) + from];
                }

                using var input = OrtValue.CreateTensorValueFromMemory(pixels, [1, 3, crop, crop]);
                using var outputs = session.Run(
                    options, [package.Card.Tensors.Input], [input], [package.Card.Tensors.Probabilities ?? "probabilities"]);
                var values = outputs[0].GetTensorDataAsSpan<float>();
                for (var i = 0; i < mean.Length; i++)
                {
                    mean[i] += values[i] / crops;
                }
            }
        }

        return mean;
    }
}
