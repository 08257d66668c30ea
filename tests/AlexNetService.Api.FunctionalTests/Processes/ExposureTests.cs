using System.Net;
using System.Security.Cryptography;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Tests.Shared;

namespace AlexNetService.Api.FunctionalTests.Processes;

public sealed class ExposureTests(SharedService service)
{
    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ASPNETCORE_URLS", "http://0.0.0.0:0")]
    [InlineData("ASPNETCORE_URLS", "http://*:0")]
    [InlineData("ASPNETCORE_URLS", "http://+:0")]
    [InlineData("ASPNETCORE_URLS", "http://[::]:0")]
    [InlineData("ASPNETCORE_URLS", "http://127.0.0.1:0;http://0.0.0.0:0")]
    [InlineData("ASPNETCORE_HTTP_PORTS", "18080")]
    [InlineData("Kestrel__Endpoints__all__Url", "http://0.0.0.0:0")]
    [InlineData("Grpc__Url", "http://0.0.0.0:0")]
    public async Task Start_BeyondLoopbackWithoutKeys_FailsWithTheRemedy(string setting, string value)
    {
        using var process = ServiceProcess.Start(Settings((setting, value)));

        var (code, exceptions) = await process.EndAsync();
        Assert.Equal(2, code);
        Assert.Empty(exceptions);
        var sentence = await process.StandardError.ReadToEndAsync(none);
        Assert.Single(sentence.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("is reachable from other machines", sentence, StringComparison.Ordinal);
        Assert.Contains("Security:AllowAnonymous=true", sentence, StringComparison.Ordinal);
        Assert.Contains("Security:Keys", sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Security__AllowAnonymous", "true")]
    [InlineData("Security__Keys__somebody__Sha256", null)]
    public async Task Start_BeyondLoopbackWithKeysOrAllowAnonymous_Listens(string setting, string? value)
    {
        var hash = Convert.ToHexString(RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes));
        using var process = ServiceProcess.Start(Settings(("ASPNETCORE_URLS", "http://0.0.0.0:0"), (setting, value ?? hash)));

        Assert.NotNull(await process.LoggedAsync("Now listening on"));
    }

    [Fact]
    public async Task Start_KeysInASettingsFile_AreAccepted()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "keys.json");
        var hash = Convert.ToHexString(SHA256.HashData("open sesame"u8));
        await File.WriteAllTextAsync(file, $$"""{ "Security": { "Keys": { "somebody": { "Sha256": "{{hash}}" } } } }""", none);

        var (process, client) = await ServiceProcess.ReadyAsync(service.Repository.Root, new() { ["SettingsFile"] = file });
        using (process)
        using (client)
        {
            using var without = await client.GetAsync("/v1/models", none);
            client.DefaultRequestHeaders.Add("X-Api-Key", "open sesame");
            using var with = await client.GetAsync("/v1/models", none);

            Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (without.StatusCode, with.StatusCode));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("{ not JSON")]
    public async Task Start_UnreadableSettingsFile_FailsWithASentence(string? content)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "keys.json");
        if (content is not null)
        {
            await File.WriteAllTextAsync(file, content, none);
        }

        using var process = ServiceProcess.Start(Settings(("SettingsFile", file)));

        Assert.Equal(2, await process.ExitCodeAsync());
        Assert.StartsWith(
            $"SettingsFile '{file}' cannot be read", await process.StandardError.ReadToEndAsync(none), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Security__Keys__somebody__Sha256", "the key itself", "Security:Keys:somebody:Sha256 must be the SHA-256")]
    [InlineData("Proxies__Known", "10.0.0.0/8, everyone", "Proxies:Known contains 'everyone'")]
    [InlineData("RateLimit__RequestsPerSecond", "-0.5", "RateLimit:RequestsPerSecond must be 0 to")]
    [InlineData("Limits__BodySeconds", "0", "Limits:BodySeconds must be 1 to")]
    public async Task Start_InvalidSecurityOption_FailsWithASentence(string setting, string value, string sentence)
    {
        using var process = ServiceProcess.Start(Settings(("ASPNETCORE_URLS", "http://127.0.0.1:0"), (setting, value)));

        Assert.Equal(2, await process.ExitCodeAsync());
        var text = await process.StandardError.ReadToEndAsync(none);
        Assert.Contains(sentence, text, StringComparison.Ordinal);
        Assert.DoesNotContain("the key itself", text, StringComparison.Ordinal);
    }

    private Dictionary<string, string> Settings(params (string Key, string Value)[] more)
    {
        var settings = new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["ModelRepository__Path"] = service.Repository.Root,
            ["ModelRepository__Default"] = TestRepository.Default,
        };
        foreach (var (key, value) in more)
        {
            settings[key] = value;
        }

        return settings;
    }
}
