using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Inference.Requests;
using Microsoft.Extensions.DependencyInjection;
using NetVips;
using static AlexNetService.Api.FunctionalTests.Hosting.Requests;

namespace AlexNetService.Api.FunctionalTests.Explain;

public sealed class ExplainTests(SharedService service)
{
    private const string Route = "/v1/explain";

    private readonly HttpClient client = service.Client;

    [Theory]
    [InlineData("")]
    [InlineData("?crops=1")]
    [InlineData("?models=seven")]
    public async Task Explain_AnyPhotograph_IsOfTheClassThatWasAnsweredByTheModelsThatAnswered(string query)
    {
        foreach (var seed in Enumerable.Range(1, 4))
        {
            var answer = await ExplainAsync(query, Pictures.Jpeg(seed));

            var answered = await client.ClassifyAsync(query, Raw(Pictures.Jpeg(seed)));
            var winner = List(answered, "predictions")[0];
            var explained = Value(answer, "class");
            Assert.Equal((Text(winner, "id"), Text(winner, "label")), (Text(explained, "id"), Text(explained, "label")));
            Assert.Equal(Number<float>(winner, "probability"), Number<float>(answer, "probability"), 1e-6f);
            Assert.Equal(Value(answered, "models").ToJsonString(), Value(answer, "models").ToJsonString());
            Assert.Equal(Number<int>(answered, "crops"), Number<int>(answer, "crops"));
        }
    }

    [Fact]
    public async Task Explain_Picture_ReturnsAFallForEachPlaceFromEdgeToEdgeOfTheCanvas()
    {
        var answer = await ExplainAsync("");

        var (canvas, window) = (Number<int>(answer, "canvas"), Number<int>(answer, "window"));
        var offsets = List(answer, "offsets").Select(offset => offset.GetValue<int>()).ToArray();
        Assert.Equal((32, 0, canvas - window), (canvas, offsets[0], offsets[^1]));
        Assert.InRange(offsets.Length * offsets.Length, 100, 200);
        var rows = List(answer, "falls");
        Assert.Equal(offsets.Length, rows.Count);
        Assert.All(rows, row => Assert.Equal(offsets.Length, row.AsArray().Count));
        Assert.True(Falls(answer).Max() - Falls(answer).Min() > 0.001f, "The test's models should see the square.");
        Assert.Equal(3, List(answer, "fill").Count);
        Assert.Null(answer["overlay"]);
        Assert.NotEmpty(Text(answer, "requestId"));
        Assert.InRange(Number<double>(Value(answer, "timing"), "inferMs"), 0, double.MaxValue);
    }

    [Theory]
    [InlineData("3")]
    [InlineData("id3")]
    [InlineData("class 3")]
    [InlineData("CLASS 3")]
    public async Task Explain_ClassByIndexIdOrName_IsThatClass(string name)
    {
        var answer = await ExplainAsync($"?crops=1&stride=8&class={Uri.EscapeDataString(name)}");

        Assert.Equal((3, "id3"), (Number<int>(Value(answer, "class"), "index"), Text(Value(answer, "class"), "id")));
        var all = Probabilities(await client.ClassifyAsync("?crops=1&top=10"));
        Assert.Equal(all[3], Number<float>(answer, "probability"), 1e-6f);
    }

    [Fact]
    public async Task Explain_SquareOverEverything_IsTheFallToAPlainPicture()
    {
        var answer = await ExplainAsync("?models=cifar-b&class=3&window=32");

        Assert.Equal(3, Number<int>(answer["class"] ?? answer, "index"));
        Assert.Single(Falls(answer));
        Assert.InRange(Number<float>(answer, "probability") - Falls(answer)[0], 0, 1);
    }

    [Fact]
    public async Task Explain_AsPngAndAsOverlay_AreTheSamePicture()
    {
        using var response = await SendAsync("?stride=4", "image/png");
        var png = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        var answer = await ExplainAsync("?stride=4&overlay=true");

        Assert.Equal((HttpStatusCode.OK, "image/png"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Equal($"data:image/png;base64,{Convert.ToBase64String(png)}", Text(answer, "overlay"));
        using var picture = Image.NewFromBuffer(png);
        Assert.Equal(picture.Width, picture.Height);
        Assert.True(picture.Width >= 256);
        Assert.Equal(
            [Text(Value(answer, "class"), "id"), Text(Value(answer, "class"), "label"), "cifar-a/1, cifar-b/1", "10"],
            new[] { "Explain-Class-Id", "Explain-Class-Label", "Explain-Models", "Explain-Crops" }.Select(Header));
        Assert.Equal(Number<float>(answer, "probability"), float.Parse(Header("Explain-Probability"), CultureInfo.InvariantCulture), 1e-4f);
        Assert.Equal(Math.Max(0, Falls(answer).Max()), float.Parse(Header("Explain-Largest-Fall"), CultureInfo.InvariantCulture), 1e-4f);

        string Header(string name) => response.Headers.GetValues(name).Single();
    }

    [Fact]
    public async Task Explain_AcceptThatNamesNeither_Is406()
    {
        using var response = await SendAsync("", "text/csv, application/problem+json");

        await response.ProblemAsync(HttpStatusCode.NotAcceptable);
    }

    [Theory]
    [InlineData("?class=10", "0 to 9")]
    [InlineData("?class=cat", "0 to 9")]
    [InlineData("?class=clas 3", "Did you mean 'class 3'?")]
    [InlineData("?class=", "id or the name")]
    [InlineData("?crops=5", "1 (centre) or 10")]
    [InlineData("?window=0", "1 to 32")]
    [InlineData("?window=33", "1 to 32")]
    [InlineData("?stride=0", "1 to 32")]
    [InlineData("?overlay=perhaps", "true or false")]
    [InlineData("?models=cifar-a,seven", "different labels")]
    [InlineData("?models=", "single commas")]
    [InlineData("?models=,", "single commas")]
    public async Task Explain_InvalidParameter_Is400WithTheAllowedValues(string query, string what) =>
        Assert.Contains(
            what, await client.RefusedAsync(HttpStatusCode.BadRequest, Raw(Pictures.Jpeg()), query, Route), StringComparison.Ordinal);

    [Fact]
    public Task Explain_InvalidRequests_AreRefusedLikeThoseToClassify() => client.RefusesInvalidRequestsAsync(Route);

    [Fact]
    public async Task Explain_QueueShorterThanTheMap_IsAnsweredAndAFullOneIs503()
    {
        await using var host = new ServiceHost(service.Repository, new() { ["Queue:LimitCrops"] = "20" });
        using var small = await host.ReadyClientAsync();

        using var served = await small.PostAsync(Route, Raw(Pictures.Jpeg()), TestContext.Current.CancellationToken);
        var engine = host.Services.GetRequiredService<InferenceEngine>();
        Assert.Null(engine.Queue.Reserve(20, TimeSpan.Zero));
        using var refused = await small.PostAsync(Route, Raw(Pictures.Jpeg()), TestContext.Current.CancellationToken);
        engine.Queue.Release(20, TimeSpan.Zero);

        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
        await refused.ProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
    }

    private static float[] Falls(JsonNode answer) =>
        [.. List(answer, "falls").SelectMany(row => row.AsArray().OfType<JsonNode>()).Select(fall => fall.GetValue<float>())];

    private async Task<JsonNode> ExplainAsync(string query, byte[]? photograph = null)
    {
        using var response = await client.PostAsync(
            Route + query, Raw(photograph ?? Pictures.Jpeg()), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.JsonAsync();
    }

    private Task<HttpResponseMessage> SendAsync(string query, string accept) => client.SendPictureAsync(Route + query, accept);
}
