using System.Security.Cryptography;
using AlexNetService.Api.FunctionalTests.Hosting;

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
    public async Task Start_BeyondLoopbackWithoutKeys_EndsWithWhatToDo(string setting, string value)
    {
        using var process = ServiceProcess.Start(Settings((setting, value)));

        Assert.Equal(2, await process.ExitCodeAsync());
        var sentence = await process.StandardError.ReadToEndAsync(none);
        Assert.Contains("can be reached from other machines", sentence, StringComparison.Ordinal);
        Assert.Contains("Security:AllowAnonymous=true", sentence, StringComparison.Ordinal);
        Assert.Contains("Security:Keys", sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Security__AllowAnonymous", "true")]
    [InlineData("Security__Keys__somebody__Sha256", null)]
    public async Task Start_BeyondLoopbackWithKeysOrConsent_Listens(string setting, string? value)
    {
        var hash = Convert.ToHexString(RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes));
        using var process = ServiceProcess.Start(Settings(("ASPNETCORE_URLS", "http://0.0.0.0:0"), (setting, value ?? hash)));

        Assert.NotNull(await process.LoggedAsync("Now listening on"));
    }

    [Theory]
    [InlineData("Security__Keys__somebody__Sha256", "the key itself", "Security:Keys:somebody:Sha256 must be the SHA-256")]
    [InlineData("Proxies__Known", "10.0.0.0/8, everyone", "Proxies:Known holds 'everyone'")]
    [InlineData("RateLimit__RequestsPerSecond", "-0.5", "RateLimit:RequestsPerSecond must be 0 to")]
    [InlineData("Limits__BodySeconds", "0", "Limits:BodySeconds must be 1 to")]
    public async Task Start_SecurityOptionThatCannotBeUsed_EndsWithASentence(string setting, string value, string sentence)
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
