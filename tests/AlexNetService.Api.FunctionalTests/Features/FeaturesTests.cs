using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Imaging;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;
using static AlexNetService.Api.FunctionalTests.Hosting.Requests;

namespace AlexNetService.Api.FunctionalTests.Features;

public sealed class FeaturesTests(SharedService service)
{
    private const string Route = "/v1/features";

    private readonly HttpClient client = service.Client;

    [Theory]
    [InlineData("", "cifar-a", 1)]
    [InlineData("?models=cifar-b&crops=10", "cifar-b", 10)]
    public async Task Features_Picture_AreTheMeanOfItsCrops(string query, string model, int crops)
    {
        var answer = await FeaturesAsync(query);

        var expected = Expected(model, crops);
        Assert.Equal((model, 1, crops, expected.Length),
            (Text(answer, "model"), Number<int>(answer, "version"), Number<int>(answer, "crops"), Number<int>(answer, "length")));
        Assert.False(Number<bool>(answer, "normalised"));
        Assert.True(expected.Max() > 0.1f, "The test's models should have features.");
        var found = Values(answer);
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-3f));
        Assert.NotEmpty(Text(answer, "requestId"));
        Assert.InRange(Number<double>(answer["timing"] ?? answer, "totalMs"), 0, double.MaxValue);
    }

    [Fact]
    public async Task Features_Normalised_PointTheSameWayAndHaveLengthOne()
    {
        var plain = Values(await FeaturesAsync(""));
        var found = Values(await FeaturesAsync("?normalise=true"));

        Assert.Equal(1, Length(found), 1e-5);
        Assert.All(plain.Zip(found), pair => Assert.Equal(pair.First / Length(plain), pair.Second, 1e-5));
    }

    [Theory]
    [InlineData("application/octet-stream")]
    [InlineData("application/json;q=0.5, application/octet-stream")]
    public async Task Features_AsBytes_AreTheSameLittleEndianFloats(string accept)
    {
        using var response = await SendAsync("?crops=1", accept);
        var bytes = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);

        Assert.Equal(
            (HttpStatusCode.OK, "application/octet-stream"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.True(BitConverter.IsLittleEndian, "The comparison is written for this order of bytes.");
        var found = MemoryMarshal.Cast<byte, float>(bytes).ToArray();
        Assert.Equal(Values(await FeaturesAsync("")), found);
    }

    [Fact]
    public async Task Features_AcceptThatNamesNeither_Is406()
    {
        using var response = await SendAsync("", "image/png, application/problem+json");

        Assert.Contains("application/octet-stream", await response.ProblemAsync(HttpStatusCode.NotAcceptable), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?crops=5", "1 (centre) or 10")]
    [InlineData("?normalise=perhaps", "true or false")]
    [InlineData("?models=cifar-a,cifar-b", "exactly one")]
    [InlineData("?models=", "single commas")]
    [InlineData("?models=,", "single commas")]
    [InlineData("?models=cifar-a,seven", "different labels")]
    public async Task Features_InvalidParameter_Is400WithTheAllowedValues(string query, string what) =>
        Assert.Contains(
            what, await client.RefusedAsync(HttpStatusCode.BadRequest, Raw(Pictures.Jpeg()), query, Route), StringComparison.Ordinal);

    [Fact]
    public Task Features_InvalidRequests_AreRefusedLikeThoseToClassify() => client.RefusesInvalidRequestsAsync(Route);

    [Fact]
    public async Task Features_NoRoomInTheQueue_Is503WithRetryAfter()
    {
        await using var host = new ServiceHost(service.Repository, new() { ["Queue:LimitCrops"] = "5" });
        using var full = await host.ReadyClientAsync();

        using var refused = await full.PostAsync(Route + "?crops=10", Raw(Pictures.Jpeg()), TestContext.Current.CancellationToken);

        await refused.ProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
    }

    [Fact]
    public async Task Features_CardWithoutFeatures_Is400WithTheReason()
    {
        using var repository = new TestRepository();
        var file = Path.Combine(repository.Root, "seven", "1", "card.json");
        var card = JsonNode.Parse(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken))
            ?? throw new InvalidOperationException("No card.");
        card["tensors"]?.AsObject().Remove("features");
        await File.WriteAllTextAsync(file, card.ToJsonString(), TestContext.Current.CancellationToken);
        await using var host = new ServiceHost(repository);
        using var ready = await host.ReadyClientAsync();

        var reason = await ready.RefusedAsync(HttpStatusCode.BadRequest, Raw(Pictures.Jpeg()), "?models=seven", Route);

        Assert.Contains("'seven' names no features", reason, StringComparison.Ordinal);
    }

    private static double Length(float[] vector) => Math.Sqrt(vector.Sum(value => (double)value * value));

    private static float[] Values(JsonNode answer) => [.. List(answer, "features").Select(value => value.GetValue<float>())];

    private async Task<JsonNode> FeaturesAsync(string query)
    {
        using var response = await SendAsync(query, "application/json");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.JsonAsync();
    }

    private Task<HttpResponseMessage> SendAsync(string query, string accept) => client.SendPictureAsync(Route + query, accept);

    /// <summary>The mean over the crops, cut and run one by one.</summary>
    private float[] Expected(string model, int crops)
    {
        using var session = ModelSession.Open(ModelPackage.Open(Path.Combine(service.Repository.Root, model, "1")), new RuntimeOptions());
        var input = session.Card.Preprocessing;
        var canvas = new Canvas(input.Canvas, new byte[3 * input.Canvas * input.Canvas]);
        Assert.Null(CanvasDecoder.DecodeTo(
            Pictures.Jpeg(), input.Canvas, canvas.Pixels, cancellation: TestContext.Current.CancellationToken));
        var (crop, row, mean) = (new byte[session.CropBytes], new float[session.Features], new float[session.Features]);
        foreach (var window in CropViews.Of(crops, new(input.Canvas, input.Crop)))
        {
            window.CopyTo(canvas.Pixels, input.Canvas, crop, input.Crop);
            session.Run(crop, 1, new CropOutputs { Features = row });
            for (var i = 0; i < row.Length; i++)
            {
                mean[i] += row[i] / crops;
            }
        }

        return mean;
    }
}
