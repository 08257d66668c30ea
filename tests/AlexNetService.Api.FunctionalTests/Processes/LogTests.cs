using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.FunctionalTests.Routes;

namespace AlexNetService.Api.FunctionalTests.Processes;

public sealed class LogTests(SharedService service)
{
    [Fact]
    public async Task Log_OfAClassification_IsOneLineWithModelsAndTimesButNoKeyOrPicture()
    {
        const string Key = "a key that nobody reads in a log";
        using var process = ServiceProcess.Start(new()
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["ModelRepository__Path"] = service.Repository.Root,
            ["ModelRepository__Default"] = TestRepository.Default,
            ["Security__Keys__somebody__Sha256"] = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Key))),
        });
        var address = (await process.LoggedAsync("Now listening on"))["address"]?.GetValue<string>() ?? "";
        await process.LoggedAsync("Ready with");
        using var client = new HttpClient { BaseAddress = new Uri(address) };
        client.DefaultRequestHeaders.Add("X-Api-Key", Key);
        var picture = Pictures.Jpeg();

        var answer = await client.ClassifyAsync("?top=1", Requests.Raw(picture));
        var line = await process.LoggedAsync("HTTP \"POST\"");

        Assert.Equal(["cifar-a", "cifar-b"], Requests.List(line, "Models").Select(model => model.GetValue<string>()));
        Assert.Equal(("somebody", "/v1/classify"), (Requests.Text(line, "ApiKey"), Requests.Text(line, "RequestPath")));
        Assert.Equal((200, picture.Length, 10),
            (Requests.Number<int>(line, "StatusCode"), Requests.Number<int>(line, "RequestBytes"), Requests.Number<int>(line, "Crops")));
        Assert.Equal(Requests.Text(answer, "requestId"), Requests.Text(line, "RequestId"));
        Assert.Contains(Requests.Text(line, "@tr"), Requests.Text(line, "RequestId"), StringComparison.Ordinal);
        Assert.All(["DecodeMs", "QueueMs", "InferMs", "Elapsed"], time => Assert.True(Requests.Number<double>(line, time) >= 0));
        AssertNotIn(line, Key);
        AssertNotIn(line, Convert.ToBase64String(picture.AsSpan(0, 30)));
    }

    [Fact]
    public async Task Log_OfOtherRoutesWithPictures_HasModelsAndTimes()
    {
        var (process, client) = await ServiceProcess.ReadyAsync(service.Repository.Root);
        using var running = process;
        using var sender = client;

        var features = await LineAsync(process, client, "/v1/features", "application/octet-stream");
        var explain = await LineAsync(process, client, "/v1/explain", "image/png");
        var batch = await LineAsync(process, client, EveryRoute.Batch, "application/json");

        Assert.Equal("cifar-a", Assert.Single(Requests.List(features, "Models")).GetValue<string>());
        Assert.Equal(["cifar-a", "cifar-b"], Requests.List(explain, "Models").Select(model => model.GetValue<string>()));
        Assert.All(
            [features, explain],
            line => Assert.All(["DecodeMs", "QueueMs", "InferMs"], time => Assert.True(Requests.Number<double>(line, time) >= 0)));
        Assert.Equal(1, Requests.Number<int>(features, "Crops"));
        Assert.InRange(Requests.Number<int>(explain, "Crops"), 1010, 1710);
        Assert.Equal(["cifar-a", "cifar-b"], Requests.List(batch, "Models").Select(model => model.GetValue<string>()));
        Assert.Equal((10, 1), (Requests.Number<int>(batch, "Crops"), Requests.Number<int>(batch, "Pictures")));
        Assert.All(["ReadMs", "ClassifyMs"], time => Assert.True(Requests.Number<double>(batch, time) >= 0));
    }

    [Fact]
    public async Task Log_OfManyRefusals_HasAtMostOneLineASecond()
    {
        const int Sent = 50;
        var (process, client) = await ServiceProcess.ReadyAsync(service.Repository.Root, new() { ["Queue__LimitCrops"] = "5" });
        using var running = process;
        using var sender = client;

        var begun = Stopwatch.StartNew();
        for (var i = 0; i < Sent; i++)
        {
            using var refused = await client.SendAsync("/v1/classify", accept: "application/json");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        }

        var seconds = begun.Elapsed.TotalSeconds;
        await client.ClassifyAsync("?crops=1");
        var lines = 0;
        for (var status = 0; status != 200; lines++)
        {
            status = Requests.Number<int>(await process.LoggedAsync("HTTP \"POST\""), "StatusCode");
        }

        Assert.InRange(lines - 1, 1, Math.Min(Sent, 1 + seconds));
    }

    private static async Task<JsonNode> LineAsync(ServiceProcess process, HttpClient client, string path, string accept)
    {
        using var response = await client.SendAsync(path, accept: accept);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await process.LoggedAsync($"HTTP \"POST\" \"{path}\"");
    }

    private static void AssertNotIn(JsonNode line, string secret) =>
        Assert.DoesNotContain(secret, line.ToJsonString(), StringComparison.Ordinal);
}
