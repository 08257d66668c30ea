using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using AlexNetService.Api.FunctionalTests.Hosting;
using static AlexNetService.Api.FunctionalTests.Hosting.Requests;

namespace AlexNetService.Api.FunctionalTests.Predict;

/// <summary>KServe's first protocol, as its examples send it.</summary>
public sealed class PredictTests(SharedService service)
{
    private static readonly string Jpeg = Convert.ToBase64String(Pictures.Jpeg());

    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    public static TheoryData<string, HttpStatusCode, string> Faults => new()
    {
        { "", HttpStatusCode.BadRequest, "The body is not JSON" },
        { "[]", HttpStatusCode.BadRequest, "no list 'instances'" },
        { "{}", HttpStatusCode.BadRequest, "no list 'instances'" },
        { """{"instances":"a"}""", HttpStatusCode.BadRequest, "no list 'instances'" },
        { """{"instances":[]}""", HttpStatusCode.BadRequest, "There are 0 instances. Send 1 to 64" },
        { $$"""{"instances":[{{string.Join(',', Enumerable.Repeat("{}", 65))}}]}""", HttpStatusCode.BadRequest, "There are 65 instances" },
        { $$$"""{"instances":[{"b64":"{{{Jpeg}}}"},[1,2]]}""", HttpStatusCode.BadRequest, "Instance 1 is not a photograph in base64" },
        { """{"instances":[{"b64":"no base64!"}]}""", HttpStatusCode.BadRequest, "Instance 0 is not a photograph in base64" },
        { """{"instances":[{"image":{"b64":7}}]}""", HttpStatusCode.BadRequest, "Instance 0 is not a photograph in base64" },
        { """{"instances":[{"b64":""}]}""", HttpStatusCode.BadRequest, "Instance 0: " },
        { """{"instances":[{"b64":"AAAA"}]}""", HttpStatusCode.UnprocessableEntity, "Instance 0: " },
    };

    [Theory]
    [InlineData("cifar-a", "?models=cifar-a&top=5")]
    [InlineData("default", "?top=5")]
    public async Task Predict_Instances_AreAnsweredLikeClassify(string model, string classify)
    {
        byte[][] files = [Pictures.Jpeg(1), Pictures.Encode(2, ".png")];
        using var response = await service.Client.PostAsync($"/v1/models/{model}:predict", Json($$$"""
            {"instances":[{"image":{"b64":"{{{Convert.ToBase64String(files[0])}}}"}},{"b64":"{{{Convert.ToBase64String(files[1])}}}"}]}
            """), none);
        var answer = await response.JsonAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("predictions", Assert.Single(answer.AsObject()).Key);
        foreach (var (prediction, file) in List(answer, "predictions").Zip(files))
        {
            var expected = await service.Client.ClassifyAsync(classify, Raw(file, null));
            Assert.Equal(Classes(List(expected, "predictions")), Classes(prediction.AsArray().OfType<JsonNode>()));
        }
    }

    [Fact]
    public async Task Predict_PhotographsBeyondTheBudget_Are503()
    {
        await using var host = new ServiceHost(service.Repository, new() { ["Limits:BytesOfAllBodies"] = "1000000" });
        using var small = await host.ReadyClientAsync();

        // Twice, because the first one must give its memory back.
        for (var i = 0; i < 2; i++)
        {
            using var response = await small.PostAsync(
                "/v1/models/cifar-a:predict", Json($$$"""{"instances":[{"b64":"{{{new string('A', 600_000)}}}"}]}"""), none);

            Assert.Contains(
                "Limits:BytesOfAllBodies", await response.ProblemAsync(HttpStatusCode.ServiceUnavailable), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Predict_TopAndCrops_AreThoseOfTheQuery()
    {
        using var response = await service.Client.PostAsync(
            "/v1/models/seven:predict?top=2&crops=1", Json($$$"""{"instances":[{"b64":"{{{Jpeg}}}"}]}"""), none);
        var expected = await service.Client.ClassifyAsync("?models=seven&top=2&crops=1", Raw(Pictures.Jpeg()));

        var found = Assert.Single(List(await response.JsonAsync(), "predictions"));
        Assert.Equal(Classes(List(expected, "predictions")), Classes(found.AsArray().OfType<JsonNode>()));
    }

    [Fact]
    public async Task Predict_CompressedBody_IsAnswered()
    {
        using var compressed = new MemoryStream();
        await using (var gzip = new GZipStream(compressed, CompressionMode.Compress, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes($$$"""{"instances":[{"b64":"{{{Jpeg}}}"}]}"""), none);
        }

        using var content = new ByteArrayContent(compressed.ToArray());
        content.Headers.Add("Content-Encoding", "gzip");
        using var response = await service.Client.PostAsync("/v1/models/seven:predict", content, none);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Predict_InvalidInstances_AreRefusedWithTheReason(string json, HttpStatusCode status, string why) => Assert.Contains(
        why, await service.Client.RefusedAsync(status, Json(json), route: "/v1/models/cifar-a:predict"), StringComparison.Ordinal);

    [Theory]
    [InlineData("/v1/models/nobody:predict", HttpStatusCode.NotFound, "'nobody' is not served")]
    [InlineData("/v1/models/cifar-a:predict?top=0", HttpStatusCode.BadRequest, "top is '0'")]
    [InlineData("/v1/models/cifar-a:predict?crops=5", HttpStatusCode.BadRequest, "crops is '5'")]
    public async Task Predict_InvalidAddress_IsRefusedWithTheReason(string route, HttpStatusCode status, string why) => Assert.Contains(
        why,
        await service.Client.RefusedAsync(status, Json($$$"""{"instances":[{"b64":"{{{Jpeg}}}"}]}"""), route: route),
        StringComparison.Ordinal);

    [Fact]
    public async Task Predict_TooManyBytes_Is413()
    {
        await using var host = new ServiceHost(service.Repository, new() { ["OpenInference:MaxBodyBytes"] = "2000" });
        using var client = await host.ReadyClientAsync();

        await client.RefusedAsync(
            HttpStatusCode.RequestEntityTooLarge, Json(new string(' ', 2001)), route: "/v1/models/cifar-a:predict");
    }

    private static (int Index, double Probability)[] Classes(IEnumerable<JsonNode> predictions) =>
        [.. predictions.Select(each => (Number<int>(each, "index"), Math.Round(Number<double>(each, "probability"), 4)))];

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");
}
