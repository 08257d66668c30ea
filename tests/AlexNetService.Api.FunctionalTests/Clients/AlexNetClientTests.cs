using System.Diagnostics;
using System.Net;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Client;
using AlexNetService.Tests.Shared;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.FunctionalTests.Clients;

/// <summary>The package for .NET programs, against the real service.</summary>
public sealed class AlexNetClientTests(SharedService service)
{
    private readonly CancellationToken none = TestContext.Current.CancellationToken;
    private readonly AlexNetClient client = new(service.Client);

    [Fact]
    public async Task Classify_ABytesAStreamAndAPath_AreAnsweredLikeTheService()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "photo.jpg");
        await File.WriteAllBytesAsync(path, Pictures.Jpeg(), none);
        using var stream = new MemoryStream(Pictures.Jpeg());
        var expected = Requests.List(await service.Client.ClassifyAsync(), "predictions")
            .Select(prediction => Requests.Text(prediction, "id"));

        Classification[] answers =
        [
            await client.ClassifyAsync(Pictures.Jpeg(), cancellation: none),
            await client.ClassifyAsync(stream, cancellation: none),
            await client.ClassifyAsync(path, cancellation: none),
        ];

        Assert.All(answers, answer =>
        {
            Assert.Equal(expected, answer.Predictions.Select(prediction => prediction.Id));
            Assert.Equal(["cifar-a", "cifar-b"], answer.Models.Select(model => model.Name));
            Assert.Equal((10, 5), (answer.Crops, answer.Predictions.Count));
            Assert.InRange(answer.Predictions[0].Probability, 0.1f, 1);
            Assert.InRange(answer.Timing.TotalMs, 0, double.MaxValue);
            Assert.NotEmpty(answer.RequestId);
        });
    }

    [Fact]
    public async Task Classify_Options_AreSent()
    {
        var options = new ClassifyOptions { Top = 2, Crops = 1, Models = ["cifar-b"], Detail = true, MinConfidence = 0.5 };

        var answer = await client.ClassifyAsync(Pictures.Jpeg(), options, none);

        Assert.Equal((2, 1), (answer.Predictions.Count, answer.Crops));
        var model = Assert.Single(answer.Models);
        Assert.Equal(("cifar-b", 2), (model.Name, model.Predictions?.Count));
    }

    [Fact]
    public async Task Classify_SeveralPhotographs_HaveAnAnswerOrAnErrorEach()
    {
        var answer = await client.ClassifyAsync(
            [Pictures.Jpeg(), Photograph.FromBytes(Pictures.TruncatedJpeg(), "broken.jpg")], cancellation: none);

        Assert.Equal(["images[0]", "broken.jpg"], answer.Results.Select(result => result.Name));
        Assert.Equal((5, null), (answer.Results[0].Predictions?.Count, answer.Results[0].Error));
        Assert.Null(answer.Results[1].Predictions);
        Assert.Equal(422, answer.Results[1].Error?.Status);
    }

    [Fact]
    public async Task Classify_WhatIsNoPicture_ThrowsWhatTheServiceSays()
    {
        var thrown = await Assert.ThrowsAsync<AlexNetException>(() => client.ClassifyAsync("no picture"u8.ToArray(), cancellation: none));

        Assert.Equal(422, thrown.Problem.Status);
        Assert.NotEmpty(thrown.Problem.TraceId ?? "");
        Assert.Contains(thrown.Problem.Detail ?? "no detail", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Features_AsEmbeddings_HaveLengthOneAndTheDirectionOfTheFeatures()
    {
        var features = await client.FeaturesAsync(Pictures.Jpeg(), "cifar-b", crops: 10, cancellation: none);
        using var generator = new AlexNetEmbeddings(client, "cifar-b", crops: 10);

        var embedding = await generator.GenerateAsync(new DataContent(Pictures.Jpeg(), "image/jpeg"), cancellationToken: none);

        var (raw, unit) = (features.Features.ToArray(), embedding.Vector.ToArray());
        var length = Math.Sqrt(raw.Sum(value => (double)value * value));
        Assert.Equal(("cifar-b", 10, "cifar-b"), (features.Model, features.Crops, embedding.ModelId));
        Assert.All(raw.Zip(unit), pair => Assert.Equal(pair.First / length, pair.Second, 1e-4));
        await Assert.ThrowsAsync<NotSupportedException>(() => generator.GenerateAsync(
            [new DataContent(Pictures.Jpeg(), "image/jpeg")], new EmbeddingGenerationOptions { Dimensions = 3 }, none));
    }

    [Fact]
    public async Task Explain_ANamedClass_HasItsMapAsNumbersAndAsAPicture()
    {
        var classes = await client.ClassifyAsync(Pictures.Jpeg(), cancellation: none);

        var map = await client.ExplainAsync(
            Pictures.Jpeg(), new ExplainOptions { Class = classes.Predictions[1].Id, Crops = 1, Window = 16, Stride = 8 }, none);

        Assert.Equal((classes.Predictions[1].Label, 16), (map.Class.Label, map.Window));
        Assert.Equal(map.Offsets.Count, map.Falls.Count);
        Assert.All(map.Falls, row => Assert.Equal(map.Offsets.Count, row.Count));
        Assert.Equal("\u0089PNG"u8[^3..], map.Png().AsSpan(1, 3));
    }

    [Fact]
    public async Task Models_OfTheService_AreListed()
    {
        var served = await client.ModelsAsync(none);

        Assert.Equal(["cifar-a", "cifar-b", "seven"], served.Models.Select(model => model.Name));
        Assert.Equal(["cifar-a", "cifar-b"], served.Default.Select(model => model.Name));
        Assert.Equal((10, "cpu"), (served.Models[0].Classes, served.Models[0].Device));
    }

    [Fact]
    public async Task AddAlexNetClient_OverloadedService_IsAskedAgainAfterTheTimeThatItNames()
    {
        var answers = new Queue<HttpResponseMessage>(
        [
            new HttpResponseMessage(HttpStatusCode.ServiceUnavailable) { Headers = { RetryAfter = new(TimeSpan.FromMilliseconds(1)) } },
            await service.Client.GetAsync("/v1/models", none),
        ]);
        var recorded = new Recorded(answers);
        await using var provider = Provider(
            options => (options.Address, options.Key) = (new Uri("http://service/under/a/path"), "a key"), recorded);

        var served = await provider.GetRequiredService<AlexNetClient>().ModelsAsync(none);

        Assert.Equal("cifar-a", served.Default[0].Name);
        Assert.Equal(2, recorded.Requests.Count);
        Assert.All(recorded.Requests, request => Assert.Equal(("http://service/under/a/path/v1/models", "a key"), request));
    }

    [Fact]
    public async Task AddAlexNetClient_WithoutAnAddress_NamesTheSetting()
    {
        await using var provider = Provider(_ => { }, new Recorded([]));

        var thrown = Assert.Throws<OptionsValidationException>(provider.GetRequiredService<AlexNetClient>);

        Assert.Contains("Set Address", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddAlexNetClient_CallInATrace_PassesItOn()
    {
        var services = new ServiceCollection();
        services.AddAlexNetClient(options => options.Address = service.Address);
        await using var provider = services.BuildServiceProvider();
        using var caller = new Activity("caller").Start();

        var answer = await provider.GetRequiredService<AlexNetClient>().ClassifyAsync(Pictures.Jpeg(), cancellation: none);

        Assert.StartsWith($"00-{caller.TraceId}-", answer.RequestId, StringComparison.Ordinal);
    }

    private static ServiceProvider Provider(Action<AlexNetClientOptions> configure, HttpMessageHandler handler)
    {
        var services = new ServiceCollection();
        services.AddAlexNetClient(configure).ConfigurePrimaryHttpMessageHandler(() => handler);
        return services.BuildServiceProvider();
    }

    /// <summary>Answers from a queue, and keeps address and key of each request.</summary>
    private sealed class Recorded(Queue<HttpResponseMessage> answers) : HttpMessageHandler
    {
        public List<(string? Address, string? Key)> Requests { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests.Add((request.RequestUri?.ToString(), request.Headers.GetValues("X-Api-Key").Single()));
            return Task.FromResult(answers.Dequeue());
        }
    }
}
