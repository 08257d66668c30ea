using AlexNetService.Inference.Catalog;
using AlexNetService.Inference.Tests.Graphs;

namespace AlexNetService.Inference.Tests.Catalog;

public sealed class EnsembleSettingsTests : IDisposable
{
    private readonly TestFolder folder = new();

    public EnsembleSettingsTests()
    {
        folder.Publish(TestFolder.Card("a") with { EnsembleWeight = 3 }, TestFolder.Graph(1));
        folder.Publish(TestFolder.Card("b"), TestFolder.Graph(2));
        folder.Publish(TestFolder.Card("c"), TestFolder.Graph(3));
        folder.Publish(TestFolder.Card("other", classes: 4), TestFolder.Graph(4, classes: 4));
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Open_Ensembles_HaveTheWeightsOfTheSettingThenOfTheCards()
    {
        using var catalog = await Open("a", ("pair", "a, b=0.5"), ("alone", "other"));
        using var lease = catalog.Enter();

        Assert.Equal(
            [("alone", "other=1"), ("pair", "a=3,b=0.5")],
            lease.Snapshot.Ensembles.Select(ensemble => (ensemble.Name, Text(ensemble.Ensemble.Members))));
    }

    [Theory]
    [InlineData("pair", "a=2,b=1")]
    [InlineData("pair,c", "a=2,b=1,c=1")]
    [InlineData("c,pair", "c=1,a=2,b=1")]
    [InlineData("pair,late", "a=2,b=1,c=5")]
    [InlineData("b,pair", "b=1,a=2")]
    [InlineData("a", "a=3")]
    public async Task Select_NameOfAnEnsemble_StandsForItsMembers(string names, string members)
    {
        using var catalog = await Open("a", ("pair", "a=2,b"), ("late", "b,c=5"));
        using var lease = catalog.Enter();

        Assert.True(lease.Snapshot.TrySelect(names.Split(','), out var found, out _, out _));

        Assert.Equal(members, Text(found.Members));
    }

    [Theory]
    [InlineData("pair,a", "'a' is named more than once and with different weights")]
    [InlineData("pair,other", "different labels")]
    public async Task Select_EnsembleAndWhatDoesNotGoWithIt_IsMismatched(string names, string reason)
    {
        using var catalog = await Open("a", ("pair", "a=2,b"));
        using var lease = catalog.Enter();

        Assert.False(lease.Snapshot.TrySelect(names.Split(','), out _, out var unknown, out var mismatch));

        Assert.Null(unknown);
        Assert.Contains(reason, mismatch, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pair", "a=2,b=1")]
    [InlineData("pair,c=4", "a=2,b=1,c=4")]
    public async Task Open_DefaultThatNamesAnEnsemble_HasItsMembers(string setting, string members)
    {
        using var catalog = await Open(setting, ("pair", "a=2,b"));
        using var lease = catalog.Enter();

        Assert.Equal(members, Text(lease.Snapshot.Default.Members));
    }

    [Theory]
    [InlineData("pair", "", "Ensembles:pair names no model")]
    [InlineData("pair", "a,nobody", "Ensembles:pair names 'nobody', which is not loaded; there is a, b, c, other")]
    [InlineData("pair", "a,other", "Ensembles:pair: 'a' (3 classes) and 'other' (4 classes) have different labels")]
    [InlineData("pair", "a=0", "weight 0 of 'a'")]
    [InlineData("pair", "a=b", "Ensembles:pair has 'a=b'")]
    [InlineData("b", "a,c", "'b' is a model and, by Ensembles:b, an ensemble")]
    [InlineData("not a name", "a", "'not a name' cannot name a model")]
    public async Task Open_EnsembleThatCannotAnswer_IsRefusedWithTheSetting(string name, string members, string reason)
    {
        var refused = await Assert.ThrowsAsync<CatalogException>(() => Open("a", (name, members)));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pair=2", "gives 'pair' a weight")]
    [InlineData("pair,a", "'a' is named more than once and with different weights")]
    public async Task Open_DefaultThatContradictsAnEnsemble_IsRefused(string setting, string reason)
    {
        var refused = await Assert.ThrowsAsync<CatalogException>(() => Open(setting, ("pair", "a=2,b")));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    private static string Text(IEnumerable<Inference.Ensembles.EnsembleMember> members) =>
        string.Join(',', members.Select(member => FormattableString.Invariant($"{member.Session.Card.Name}={member.Weight}")));

    private Task<ModelCatalog> Open(string members, params (string Name, string Members)[] ensembles)
    {
        var options = new EnsembleOptions();
        foreach (var (name, list) in ensembles)
        {
            options.Members.Add(name, list);
        }

        return ModelCatalog.OpenAsync(
            new RepositoryOptions { Path = folder.Root, Default = members },
            options,
            TestFolder.Options(),
            _ => { },
            TestContext.Current.CancellationToken);
    }
}
