using AlexNetService.Inference.Catalog;
using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;

namespace AlexNetService.Inference.Tests.Catalog;

public sealed class ModelCatalogTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Load_SharedLabels_ServesAllByDefault()
    {
        Publish("b");
        Publish("a");
        using var catalog = Load();

        Assert.Equal(["a", "b"], catalog.Models.Select(model => model.Card.Name));
        Assert.Equal(["a", "b"], catalog.Default.Members.Select(member => member.Session.Card.Name));
    }

    [Fact]
    public void Load_SeveralVersions_ServesTheNewest()
    {
        folder.Publish(TestFolder.Card("a") with { Version = 2 }, TestFolder.Graph(2));
        folder.Publish(TestFolder.Card("a") with { Version = 10 }, TestFolder.Graph(10));
        using var catalog = Load();

        Assert.Equal(10, Assert.Single(catalog.Models).Card.Version);
    }

    [Fact]
    public void Load_DefaultWithWeights_TakesTheNamedMembers()
    {
        Publish("a");
        Publish("b");
        Publish("c", classes: 4);
        using var catalog = Load("b = 2.5, a");

        Assert.Equal([("b", 2.5), ("a", 1)], catalog.Default.Members.Select(member => (member.Session.Card.Name, member.Weight)));
    }

    [Theory]
    [InlineData("", 2.5)]
    [InlineData("a,b", 2.5)]
    [InlineData("a=3,b", 3)]
    public void Load_WeightOfTheCard_CountsWhereTheDefaultNamesNone(string members, double expected)
    {
        folder.Publish(TestFolder.Card("a") with { EnsembleWeight = 2.5 }, TestFolder.Graph(1));
        Publish("b");
        using var catalog = Load(members);

        var selected = Assert.IsType<Selection.Found>(catalog.Select(["b", "a"])).Ensemble;

        Assert.Equal([("a", expected), ("b", 1)], catalog.Default.Members.Select(member => (member.Session.Card.Name, member.Weight)));
        Assert.Equal([1, expected], selected.Members.Select(member => member.Weight));
    }

    [Fact]
    public void Load_DifferentLabelsAndNoDefault_NamesTheOption()
    {
        Publish("a");
        Publish("b", classes: 4);

        Refused("", "ModelRepository:Default");
    }

    [Theory]
    [InlineData("a,nobody", "'nobody'")]
    [InlineData("a=heavy", "'a=heavy'")]
    [InlineData("a=0", "weight 0 of 'a'")]
    [InlineData("a,a", "more than once")]
    public void Load_DefaultThatCannotAnswer_IsRefused(string members, string reason)
    {
        Publish("a");

        Refused(members, reason);
    }

    [Fact]
    public void Load_EmptyFolder_SaysWhereAndWhatToDo() => Refused("", "Copy one there, or set ModelRepository:Path");

    [Fact]
    public void Load_SeveralBadPackages_NamesEachAndServesNone()
    {
        Publish("good");
        folder.Publish(TestFolder.Card("short", classes: 4), TestFolder.Graph());
        folder.Publish(TestFolder.Card("large"), TestFolder.Graph(crop: 5));

        var refused = Assert.Throws<CatalogException>(() => Load());

        Assert.Equal(2, refused.Reasons.Count);
        Assert.Contains(refused.Reasons, reason => reason.Contains("short", StringComparison.Ordinal));
        Assert.Contains(refused.Reasons, reason => reason.Contains("large", StringComparison.Ordinal));
    }

    [Fact]
    public void Load_CardOfAnotherName_IsRefused()
    {
        Publish("a");
        Directory.Move(Path.Combine(folder.Root, "a"), Path.Combine(folder.Root, "b"));

        Refused("", "Move it to a/1");
    }

    [Fact]
    public void Select_ByName_FindsUnknownAndMismatchedOnes()
    {
        Publish("a");
        Publish("b");
        Publish("c", classes: 4);
        using var catalog = Load("a");

        var found = Assert.IsType<Selection.Found>(catalog.Select(["b", "a", "b"]));
        Assert.Equal(["b", "a"], found.Ensemble.Members.Select(member => member.Session.Card.Name));
        Assert.Equal("nobody", Assert.IsType<Selection.Unknown>(catalog.Select(["a", "nobody"])).Name);
        Assert.Contains("'a' (3 classes) and 'c' (4 classes)", Assert.IsType<Selection.Mismatched>(catalog.Select(["a", "c"])).Reason, StringComparison.Ordinal);
        Assert.Same(catalog.Default, Assert.IsType<Selection.Found>(catalog.Select([])).Ensemble);
    }

    [Fact]
    public void Dispose_Catalog_DisposesEverySession()
    {
        Publish("a");
        Publish("b");
        var catalog = Load();
        catalog.Dispose();

        Assert.All(catalog.Models, model => Assert.Throws<ObjectDisposedException>(model.Warm));
    }

    private void Publish(string name, int classes = 3) =>
        folder.Publish(TestFolder.Card(name, classes), TestFolder.Graph(name[0], classes));

    private ModelCatalog Load(string members = "", Action<ModelSession>? opened = null) => ModelCatalog.Load(
        new RepositoryOptions { Path = folder.Root, Default = members },
        TestFolder.Options(),
        opened ?? (_ => { }),
        TestContext.Current.CancellationToken);

    private void Refused(string members, string reason)
    {
        var opened = new List<ModelSession>();

        var refused = Assert.Throws<CatalogException>(() => Load(members, opened.Add));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.All(opened, session => Assert.Throws<ObjectDisposedException>(session.Warm));
    }
}
