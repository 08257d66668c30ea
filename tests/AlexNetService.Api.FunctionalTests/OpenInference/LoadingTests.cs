using System.Net;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.Models;
using static AlexNetService.Api.FunctionalTests.OpenInference.TensorRequests;

namespace AlexNetService.Api.FunctionalTests.OpenInference;

public sealed class LoadingTests(SharedService service)
{
    [Fact]
    public async Task Send_WhileModelsLoad_Is503WithRetryAfterExceptWithoutModels()
    {
        await using var host = new ServiceHost(service.Repository, replace: services =>
            services.Remove(services.Single(registered => registered.ImplementationType == typeof(ModelLoader))));
        using var client = host.CreateClient();

        foreach (var path in new[] { "v2", "v2/health/live" })
        {
            using var response = await client.GetAsync(path, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        foreach (var path in new[] { "v2/health/ready", "v2/models/stats", "v2/models/cifar-a", "v2/models/cifar-a/ready",
            "v2/models/cifar-a/versions/1", "v2/models/cifar-a/config", "v2/models/cifar-a/stats" })
        {
            using var response = await client.GetAsync(path, TestContext.Current.CancellationToken);
            await NotReady(response);
        }

        foreach (var path in new[] { "v2/models/cifar-a/infer", "v2/models/cifar-a/versions/1/infer", "v2/repository/index",
            "v2/repository/models/seven/load", "v2/repository/models/seven/unload" })
        {
            using var response = await client.PostAsync(path, Json("{}"), TestContext.Current.CancellationToken);
            await NotReady(response);
        }
    }

    private static async Task NotReady(HttpResponseMessage response)
    {
        Assert.Contains(
            "/health/ready shows the state", await response.ErrorAsync(HttpStatusCode.ServiceUnavailable), StringComparison.Ordinal);
        Assert.NotNull(response.Headers.RetryAfter?.Delta);
    }
}
