using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.Models;
using AlexNetService.OpenInference;
using Microsoft.Extensions.DependencyInjection;

namespace AlexNetService.Api.FunctionalTests.OpenInference;

public sealed class ProtocolCatalogTests
{
    [Fact]
    public async Task Models_OfOneSnapshot_AreDescribedOnce()
    {
        using var repository = new TestRepository();
        await using var host = new ServiceHost(repository, new() { ["Ensembles:pair"] = "cifar-b=3,cifar-a" });
        using var client = await host.ReadyClientAsync();
        var (served, models) = (host.Services.GetRequiredService<ServedModels>(), host.Services.GetRequiredService<ProtocolCatalog>());

        var first = Find(served, models, "seven");
        var again = Find(served, models, "seven");
        repository.PublishSeven(version: 2);
        using var loaded = await client.PostAsync("v2/repository/models/seven/load", null, TestContext.Current.CancellationToken);
        var other = Find(served, models, "seven");

        Assert.Same(first, again);
        Assert.Equal(("1", "2"), (first.Version, other.Version));
        Assert.Equal(["cifar-a", "cifar-b", "seven", "pair", "default"], All(served, models).Select(model => model.Name));
    }

    private static ProtocolModel Find(ServedModels served, ProtocolCatalog models, string name) =>
        All(served, models).Single(model => model.Name == name);

    private static IReadOnlyList<ProtocolModel> All(ServedModels served, ProtocolCatalog models)
    {
        using var lease = served.Enter() ?? throw new InvalidOperationException("Nothing is served.");
        return models.All(lease.Snapshot);
    }
}
