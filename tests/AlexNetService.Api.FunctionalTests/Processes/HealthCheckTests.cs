using AlexNetService.Api.FunctionalTests.Hosting;

namespace AlexNetService.Api.FunctionalTests.Processes;

public sealed class HealthCheckTests(SharedService service)
{
    [Fact]
    public async Task HealthCheck_ReadyService_ExitsWith0() =>
        Assert.Equal((0, ""), await CheckAsync($"{service.Address}health/ready"));

    [Fact]
    public async Task HealthCheck_FailingAddress_PrintsTheAnswer()
    {
        var (code, error) = await CheckAsync($"{service.Address}v1/models/nobody");

        Assert.Equal(1, code);
        Assert.Contains("answers 404", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HealthCheck_NoListener_PrintsTheReason()
    {
        var (code, error) = await CheckAsync("http://127.0.0.1:1/health/ready");

        Assert.Equal(1, code);
        Assert.Contains("does not answer", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("file:///etc/passwd")]
    public async Task HealthCheck_InvalidAddress_PrintsAnExample(string address)
    {
        var (code, error) = await CheckAsync(address);

        Assert.Equal(2, code);
        Assert.Contains("--health-check takes one address", error, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Error)> CheckAsync(string address)
    {
        using var process = ServiceProcess.Start([], "--health-check", address);
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        return (await process.ExitCodeAsync(), error);
    }
}
