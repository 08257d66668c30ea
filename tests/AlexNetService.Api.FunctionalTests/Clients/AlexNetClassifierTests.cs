using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Inference.Catalog;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Hosting;
using AlexNetService.Tests.Shared;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AlexNetService.Api.FunctionalTests.Clients;

/// <summary>A program of one's own that classifies without HTTP.</summary>
public sealed class AlexNetClassifierTests(SharedService service)
{
    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Classify_InAHost_AnswersLikeTheService()
    {
        using var host = await StartedAsync(options =>
        {
            options.Repository.Path = service.Repository.Root;
            options.Repository.Default = TestRepository.Default;
        });
        var classifier = host.Services.GetRequiredService<AlexNetClassifier>();
        var expected = Requests.List(await service.Client.ClassifyAsync("?top=3"), "predictions");
        var single = Requests.List(await service.Client.ClassifyAsync("?top=1&crops=1&models=cifar-b"), "predictions");

        var found = await classifier.ClassifyAsync(Pictures.Jpeg(), top: 3, cancellation: none);
        var one = await classifier.ClassifyAsync(Pictures.Jpeg(), ["cifar-b"], 1, TestViews.Centre, none);

        Assert.Equal(expected.Select(prediction => Requests.Text(prediction, "id")), found.Select(prediction => prediction.Label.Id));
        Assert.All(expected.Zip(found), pair =>
            Assert.Equal(Requests.Number<float>(pair.First, "probability"), pair.Second.Probability, 1e-5f));
        Assert.Equal(Requests.Number<float>(single[0], "probability"), Assert.Single(one).Probability, 1e-5f);
        await Assert.ThrowsAsync<InvalidDataException>(() => classifier.ClassifyAsync(Pictures.TruncatedJpeg(), cancellation: none));
        var unknown = await Assert.ThrowsAsync<ArgumentException>(() =>
            classifier.ClassifyAsync(Pictures.Jpeg(), ["nobody"], cancellation: none));
        Assert.StartsWith("'nobody' is not served. There are: cifar-a, cifar-b", unknown.Message, StringComparison.Ordinal);
        await host.StopAsync(none);
        await Assert.ThrowsAsync<InvalidOperationException>(() => classifier.ClassifyAsync(Pictures.Jpeg(), cancellation: none));
    }

    [Fact]
    public async Task Start_WithoutModels_FailsWithTheReason()
    {
        using var empty = new TemporaryFolder();

        await Assert.ThrowsAsync<CatalogException>(() => StartedAsync(options => options.Repository.Path = empty.Path));
    }

    private async Task<IHost> StartedAsync(Action<AlexNetOptions> configure)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Services.AddAlexNet(configure);
        var host = builder.Build();
        await host.StartAsync(none);
        return host;
    }
}
