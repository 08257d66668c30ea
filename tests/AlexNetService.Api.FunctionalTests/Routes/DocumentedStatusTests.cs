using System.Net;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.Models;
using Microsoft.Extensions.DependencyInjection;

namespace AlexNetService.Api.FunctionalTests.Routes;

/// <summary>Statuses that all routes share. Other statuses are tested with their routes.</summary>
public sealed class DocumentedStatusTests(SharedService service)
{
    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    public static TheoryData<string> Answering => [.. EveryRoute.Closed, .. EveryRoute.Open];

    public static TheoryData<string> ThatTakePictures => [.. EveryRoute.Posts];

    [Fact]
    public async Task Document_RoutesOfTheService_AreTheOnesTestedHere()
    {
        using var response = await service.Client.GetAsync("/swagger/v1/swagger.json", none);
        var paths = (await response.JsonAsync())["paths"]?.AsObject().Select(
            path => path.Key.Replace("{name}", "cifar-a", StringComparison.Ordinal));

        Assert.Equal(
            EveryRoute.Closed.Append("/health/live").Append("/health/ready").Order(StringComparer.Ordinal),
            (paths ?? []).Where(path => !path.StartsWith("/v2", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Answering))]
    public async Task Send_ValidRequest_Is200(string path)
    {
        using var response = await service.Client.SendAsync(path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.NotEmpty(await response.Content.ReadAsByteArrayAsync(none));
    }

    [Theory]
    [MemberData(nameof(Answering))]
    public async Task Send_UnsupportedMethod_Is405OrThePageIs404(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, path);
        using var response = await service.Client.SendAsync(request, none);

        // The page is a file, not a route with methods.
        await response.ProblemAsync(path == "/" ? HttpStatusCode.NotFound : HttpStatusCode.MethodNotAllowed);
    }

    [Theory]
    [MemberData(nameof(ThatTakePictures))]
    public async Task Post_UnsupportedAccept_Is406AsText(string path)
    {
        using var response = await service.Client.SendAsync(path, accept: "text/csv");

        Assert.Equal((HttpStatusCode.NotAcceptable, "text/plain"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Contains("application/json", await response.Content.ReadAsStringAsync(none), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(ThatTakePictures))]
    public async Task Post_UnknownModel_Is404AndListsTheAvailableOnes(string path)
    {
        using var request = EveryRoute.Request(path);
        request.RequestUri = new Uri($"{path}?models=nobody", UriKind.Relative);
        using var response = await service.Client.SendAsync(request, none);

        Assert.Contains("cifar-a, cifar-b, seven", await response.ProblemAsync(HttpStatusCode.NotFound), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_WhileModelsLoad_Is503WithRetryAfter()
    {
        await using var host = new ServiceHost(service.Repository, replace: services =>
            services.Remove(services.Single(registered => registered.ImplementationType == typeof(ModelLoader))));
        using var client = host.CreateClient();

        await AllAreRefused(client, HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task Post_WhileTheServiceStops_Is503WithRetryAfter()
    {
        using var stopping = new StoppingLifetime();
        using var served = new ServedModels(stopping);
        await using var host = new ServiceHost(service.Repository, replace: services => services.AddSingleton(served));
        using var client = await host.ReadyClientAsync();
        stopping.StopApplication();
        served.Close();

        foreach (var path in EveryRoute.Posts.Append(EveryRoute.Predict))
        {
            await IsRefused(client, path, HttpStatusCode.ServiceUnavailable);
        }
    }

    [Fact]
    public async Task Post_BodiesBeyondTheBudget_Are503WithRetryAfter()
    {
        await using var host = new ServiceHost(service.Repository, new() { ["Limits:BytesOfAllBodies"] = "1000000" });
        using var client = await host.ReadyClientAsync();

        foreach (var path in EveryRoute.Posts.Append(EveryRoute.Predict))
        {
            await IsRefused(client, path, HttpStatusCode.ServiceUnavailable, new byte[1_500_000]);
        }
    }

    [Fact]
    public async Task Send_BeyondTheRate_Is429WithRetryAfterAndOpenRoutesAnswer()
    {
        await using var host = new ServiceHost(
            service.Repository, new() { ["RateLimit:RequestsPerSecond"] = "0.0003", ["RateLimit:Burst"] = "1" });
        using var client = await host.ReadyClientAsync();
        using var first = await client.SendAsync(EveryRoute.Gets[0]);

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        await AllAreRefused(client, HttpStatusCode.TooManyRequests);
        foreach (var path in EveryRoute.Open)
        {
            using var response = await client.SendAsync(path);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Fact]
    public async Task Send_FaultOfTheService_Is500WithoutDetails()
    {
        await using var host = new ServiceHost(service.Repository);
        using var client = await host.ReadyClientAsync();
        host.Services.GetRequiredService<ServedModels>().Dispose();

        foreach (var path in EveryRoute.Closed)
        {
            using var response = await client.SendAsync(path);
            Assert.DoesNotContain("isposed", await response.Content.ReadAsStringAsync(none), StringComparison.Ordinal);
            await response.ProblemAsync(HttpStatusCode.InternalServerError);
        }
    }

    private static async Task AllAreRefused(HttpClient client, HttpStatusCode status)
    {
        foreach (var path in EveryRoute.Closed)
        {
            await IsRefused(client, path, status);
        }
    }

    private static async Task IsRefused(HttpClient client, string path, HttpStatusCode status, byte[]? picture = null)
    {
        using var response = await client.SendAsync(path, picture);
        await response.ProblemAsync(status);
        Assert.True(response.Headers.RetryAfter?.Delta > TimeSpan.Zero, $"{path} does not say when to try again.");
    }
}
