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

    [Fact]
    public async Task Explain_Picture_ReturnsTheWinnersProbabilityAndAFallForEachPlace()
    {
        var answer = await ExplainAsync("");

        var winner = List(await client.ClassifyAsync("?crops=1&models=cifar-a"), "predictions")[0];
        var explained = answer["class"] ?? throw new InvalidOperationException("There is no class.");
        Assert.Equal(("cifar-a", Number<int>(winner, "index")), (Text(answer, "model"), Number<int>(explained, "index")));
        Assert.Equal(Number<float>(winner, "probability"), Number<float>(answer, "probability"), 1e-5f);
        var (crop, window) = (Number<int>(answer, "crop"), Number<int>(answer, "window"));
        var offsets = List(answer, "offsets").Select(offset => offset.GetValue<int>()).ToArray();
        Assert.Equal((0, crop - window), (offsets[0], offsets[^1]));
        Assert.InRange(offsets.Length * offsets.Length, 100, 200);
        var rows = List(answer, "falls");
        Assert.Equal(offsets.Length, rows.Count);
        Assert.All(rows, row => Assert.Equal(offsets.Length, row.AsArray().Count));
        Assert.True(Falls(answer).Max() - Falls(answer).Min() > 0.001f, "The test's models should see the square.");
        Assert.Equal(3, List(answer, "fill").Count);
        Assert.Null(answer["overlay"]);
        Assert.NotEmpty(Text(answer, "requestId"));
        Assert.InRange(Number<double>(answer["timing"] ?? answer, "inferMs"), 0, double.MaxValue);
    }

    [Fact]
    public async Task Explain_SquareOverEverything_IsTheFallToAPlainPicture()
    {
        var answer = await ExplainAsync("?models=cifar-b&class=3&window=28");

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
    [InlineData("?window=0", "1 to 28")]
    [InlineData("?window=29", "1 to 28")]
    [InlineData("?stride=0", "1 to 28")]
    [InlineData("?overlay=perhaps", "true or false")]
    [InlineData("?models=cifar-a,cifar-b", "exactly one")]
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
        await using var host = new ServiceHost(service.Repository, new() { ["Queue:LimitCrops"] = "5" });
        using var small = await host.ReadyClientAsync();

        using var served = await small.PostAsync(Route, Raw(Pictures.Jpeg()), TestContext.Current.CancellationToken);
        var engine = host.Services.GetRequiredService<InferenceEngine>();
        Assert.Null(engine.Queue.Reserve(5, TimeSpan.Zero));
        using var refused = await small.PostAsync(Route, Raw(Pictures.Jpeg()), TestContext.Current.CancellationToken);
        engine.Queue.Release(5, TimeSpan.Zero);

        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
        await refused.ProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
    }

    private static float[] Falls(JsonNode answer) =>
        [.. List(answer, "falls").SelectMany(row => row.AsArray().OfType<JsonNode>()).Select(fall => fall.GetValue<float>())];

    private async Task<JsonNode> ExplainAsync(string query)
    {
        using var response = await SendAsync(query, "application/json");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.JsonAsync();
    }

    private Task<HttpResponseMessage> SendAsync(string query, string accept) => client.SendPictureAsync(Route + query, accept);
}
