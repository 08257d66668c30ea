using System.Net;
using AlexNetService.Api.FunctionalTests.Hosting;
using static AlexNetService.Api.FunctionalTests.Hosting.Requests;

namespace AlexNetService.Api.FunctionalTests.Health;

public sealed class HealthTests(SharedService service)
{
    [Theory]
    [InlineData("live")]
    [InlineData("ready")]
    public async Task Health_WarmService_Is200WithoutReasons(string state)
    {
        using var response = await service.Client.GetAsync($"/health/{state}", TestContext.Current.CancellationToken);
        var health = await response.JsonAsync();

        Assert.Equal((HttpStatusCode.OK, state), (response.StatusCode, Text(health, "status")));
        Assert.Empty(List(health, "reasons"));
    }

    [Fact]
    public async Task Ready_WarmService_ShowsModelsAndQueue()
    {
        using var response = await service.Client.GetAsync("/health/ready", TestContext.Current.CancellationToken);
        var health = await response.JsonAsync();

        Assert.Contains(("cifar-a", "ready", 1), List(health, "models").Select(model =>
            (Text(model, "name"), Text(model, "state"), Number<int>(model, "version"))));
        Assert.Equal(20_000, health["queue"]?["limitCrops"]?.GetValue<int>());
    }
}
