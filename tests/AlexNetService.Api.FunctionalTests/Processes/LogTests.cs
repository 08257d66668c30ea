using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using AlexNetService.Api.FunctionalTests.Hosting;

namespace AlexNetService.Api.FunctionalTests.Processes;

public sealed class LogTests(SharedService service)
{
    [Fact]
    public async Task Log_OfAClassification_IsOneLineWithModelsAndTimesAndWithoutKeyOrPicture()
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
        Assert.Equal((200, picture.Length, 10), (Requests.Number<int>(line, "StatusCode"), Requests.Number<int>(line, "RequestBytes"), Requests.Number<int>(line, "Crops")));
        Assert.Equal(Requests.Text(answer, "requestId"), Requests.Text(line, "RequestId"));
        Assert.All(["DecodeMs", "QueueMs", "InferMs", "Elapsed"], time => Assert.True(Requests.Number<double>(line, time) >= 0));
        AssertNotIn(line, Key);
        AssertNotIn(line, Convert.ToBase64String(picture.AsSpan(0, 30)));
    }

    private static void AssertNotIn(JsonNode line, string secret) => Assert.DoesNotContain(secret, line.ToJsonString(), StringComparison.Ordinal);
}
