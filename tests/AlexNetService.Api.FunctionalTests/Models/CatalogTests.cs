using System.Net;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.Models;
using AlexNetService.Inference.Catalog;
using AlexNetService.ModelSpec.Package;
using Microsoft.Extensions.DependencyInjection;
using static AlexNetService.Api.FunctionalTests.Hosting.Requests;

namespace AlexNetService.Api.FunctionalTests.Models;

public sealed class CatalogTests(SharedService service)
{
    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Classify_ConfiguredEnsemble_IsTheWeightedMeanOfItsMembers()
    {
        await using var host = new ServiceHost(service.Repository, new() { ["Ensembles:pair"] = "cifar-b=3,cifar-a" });
        using var client = await host.ReadyClientAsync();

        var pair = await client.ClassifyAsync("?models=pair&top=10");
        var a = Probabilities(await client.ClassifyAsync("?models=cifar-a&top=10"));
        var b = Probabilities(await client.ClassifyAsync("?models=cifar-b&top=10"));

        var members = List(pair, "models").Select(member => (Text(member, "name"), Number<double>(member, "weight")));
        Assert.Equal([("cifar-b", 3), ("cifar-a", 1)], members);
        var found = Probabilities(pair);
        Assert.All(Enumerable.Range(0, 10), i => Assert.Equal((0.25f * a[i]) + (0.75f * b[i]), found[i], 1e-6f));
    }

    [Fact]
    public async Task Models_List_NamesTheEnsembles()
    {
        await using var host = new ServiceHost(
            service.Repository, new() { ["Ensembles:pair"] = "cifar-b=3,cifar-a", ["Ensembles:alone"] = "seven" });
        using var client = await host.ReadyClientAsync();
        using var response = await client.GetAsync("/v1/models", none);
        using var unknown = await client.GetAsync("/v1/models/nobody", none);

        var ensembles = List(await response.JsonAsync(), "ensembles");

        Assert.Equal(["alone", "pair"], ensembles.Select(ensemble => Text(ensemble, "name")));
        Assert.Equal(
            [("cifar-b", 1, 3.0), ("cifar-a", 1, 1.0)],
            List(ensembles[1], "members").Select(member => (
                Text(member, "name"), Number<int>(member, "version"), Number<double>(member, "weight"))));
        Assert.Contains("seven, alone, pair", await unknown.ProblemAsync(HttpStatusCode.NotFound), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Classify_EnsembleOfTheRepository_SaysHowSureItsAnswerIs()
    {
        using var repository = new TestRepository();
        repository.WriteEnsemble("measured", new ConfidenceTable("set", 100, 10, [new(0, 60, 30), new(0.01, 40, 38)]));
        await using var host = new ServiceHost(repository);
        using var client = await host.ReadyClientAsync();
        using var response = await client.GetAsync("/v1/models", none);

        var ensemble = Assert.Single(List(await response.JsonAsync(), "ensembles"));
        var named = await client.ClassifyAsync("?models=measured");
        var byDefault = await client.ClassifyAsync();

        Assert.Equal(("measured", (double?)0.01), (Text(ensemble, "name"), ensemble["confidence"]?["level"]?.GetValue<double>()));
        Assert.Equal(Probabilities(named), Probabilities(byDefault));
        foreach (var answer in new[] { named, byDefault })
        {
            var error = (2 + (2 * (1 - Probabilities(answer).Max()))) / 42;
            Assert.True(answer["confident"]?.GetValue<bool>());
            Assert.Equal(error, Number<double>(answer, "expectedError"), 1e-3);
        }

        Assert.False((await client.ClassifyAsync("?minConfidence=0.96"))["confident"]?.GetValue<bool>());
        Assert.Null((await client.ClassifyAsync("?crops=1"))["confident"]);
        Assert.Null((await client.ClassifyAsync("?models=cifar-a"))["confident"]);
    }

    [Fact]
    public async Task Classify_NewVersion_AnswersOnceItIsLoaded()
    {
        using var repository = new TestRepository();
        await using var host = new ServiceHost(repository);
        using var client = await host.ReadyClientAsync();
        var catalog = host.Services.GetRequiredService<ServedModels>().Catalog ?? throw new InvalidOperationException("Nothing is loaded.");
        var before = await client.ClassifyAsync("?models=seven&top=10");
        repository.PublishSeven(version: 2);

        Assert.Equal(new CatalogChange.Loaded("seven", 2, 1), await catalog.LoadAsync("seven", version: null, none));

        var after = await client.ClassifyAsync("?models=seven&top=10");
        Assert.Equal((1, 2), (Version(before), Version(after)));
        Assert.NotEqual(Probabilities(before), Probabilities(after));
        using var response = await client.GetAsync("/v1/models/seven", none);
        var details = await response.JsonAsync();
        Assert.Equal((2, "ready"), (Number<int>(details, "version"), Text(details, "state")));
        Assert.Equal(2, details["versions"]?[0]?.GetValue<int>());
    }

    [Fact]
    public async Task Models_RefusedLoad_ShowsTheReasonAndServesThePreviousVersion()
    {
        using var repository = new TestRepository();
        await using var host = new ServiceHost(repository);
        using var client = await host.ReadyClientAsync();
        var catalog = host.Services.GetRequiredService<ServedModels>().Catalog ?? throw new InvalidOperationException("Nothing is loaded.");
        Directory.CreateDirectory(Path.Combine(repository.Root, "seven", "2"));

        Assert.IsType<CatalogChange.Refused>(await catalog.LoadAsync("seven", version: null, none));

        Assert.Equal(1, Version(await client.ClassifyAsync("?models=seven")));
        using var response = await client.GetAsync("/v1/models/seven", none);
        Assert.Contains("card.json", Text(await response.JsonAsync(), "refused"), StringComparison.Ordinal);
    }

    private static int Version(System.Text.Json.Nodes.JsonNode answer) => Number<int>(List(answer, "models")[0], "version");
}
