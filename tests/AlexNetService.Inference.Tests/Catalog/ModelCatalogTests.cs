using AlexNetService.Inference.Catalog;
using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Tests.Catalog;

public sealed class ModelCatalogTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Open_SharedLabels_ServesAllByDefault()
    {
        Publish("b");
        Publish("a");
        using var catalog = await Load();
        using var lease = catalog.Enter();
        var served = lease.Snapshot;

        Assert.Equal(["a", "b"], served.Models.Select(model => model.Card.Name));
        Assert.Equal(["a", "b"], served.Default.Members.Select(member => member.Session.Card.Name));
    }

    [Fact]
    public async Task Open_SeveralVersions_ServesTheNewest()
    {
        folder.Publish(TestFolder.Card("a") with { Version = 2 }, TestFolder.Graph(2));
        folder.Publish(TestFolder.Card("a") with { Version = 10 }, TestFolder.Graph(10));
        using var catalog = await Load();
        using var lease = catalog.Enter();
        var served = lease.Snapshot;

        Assert.Equal(10, Assert.Single(served.Models).Card.Version);
    }

    [Fact]
    public async Task Open_DefaultWithWeights_TakesTheNamedMembers()
    {
        Publish("a");
        Publish("b");
        Publish("c", classes: 4);
        using var catalog = await Load("b = 2.5, a");
        using var lease = catalog.Enter();
        var served = lease.Snapshot;

        Assert.Equal([("b", 2.5), ("a", 1)], served.Default.Members.Select(member => (member.Session.Card.Name, member.Weight)));
    }

    [Theory]
    [InlineData("", "a,other", "a-int8=a")]
    [InlineData("a-int8,other", "a-int8,other", "")]
    [InlineData("a,a-int8", "a,a-int8", "")]
    public async Task Open_QuantizedSiblings_AnswerOnlyWhereTheyAreNamed(string members, string expected, string leftOut)
    {
        var original = folder.Publish(TestFolder.Card("a"), TestFolder.Graph(1));
        PublishVariant("a-int8", original, Precision.Int8, error: 0.13);
        PublishVariant("a-fp16", original, Precision.Float16, error: 0.12);
        Publish("other");
        using var catalog = await Load(members);
        using var lease = catalog.Enter();

        Assert.Equal(expected, string.Join(',', lease.Snapshot.Default.Members.Select(member => member.Session.Card.Name)));
        Assert.Equal(leftOut, string.Join(',', catalog.LeftOut.Select(pair => $"{pair.Key}={pair.Value}")));

        // The one in half precision is served in place of its original on a GPU; on the CPU it is not served beside it.
        Assert.Equal(["a", "a-int8", "other"], lease.Snapshot.Names);
    }

    [Fact]
    public async Task Open_VariantsWithoutTheirOriginal_TheLeastErrorAnswers()
    {
        using var elsewhere = new TestFolder();
        var original = elsewhere.Publish(TestFolder.Card("a"), TestFolder.Graph(1));
        PublishVariant("a-int8", original, Precision.Int8, error: 0.13);
        PublishVariant("a-fp16", original, Precision.Float16, error: 0.12);
        using var catalog = await Load();
        using var lease = catalog.Enter();

        Assert.Equal("a-fp16", Assert.Single(lease.Snapshot.Default.Members).Session.Card.Name);
    }

    [Fact]
    public async Task Open_VariantsOfTwoVersionsOfOneModel_AreTwoNetworks()
    {
        using var elsewhere = new TestFolder();
        PublishVariant("one", elsewhere.Publish(TestFolder.Card("a"), TestFolder.Graph(1)), Precision.Int8, error: 0.13);
        PublishVariant(
            "two", elsewhere.Publish(TestFolder.Card("a") with { Version = 2 }, TestFolder.Graph(2)), Precision.Int8, error: 0.12);
        using var catalog = await Load();
        using var lease = catalog.Enter();

        Assert.Equal(2, lease.Snapshot.Default.Members.Count);
    }

    [Fact]
    public async Task Open_TheSameNetworkUnderTwoNamesOrAVariantOfAnOlderVersion_AnswersOnce()
    {
        var older = folder.Publish(TestFolder.Card("a"), TestFolder.Graph(1));
        PublishVariant("a-int8", older, Precision.Int8, error: 0.1);
        folder.Publish(TestFolder.Card("a") with { Version = 2 }, TestFolder.Graph(2));
        folder.Publish(TestFolder.Card("copy"), TestFolder.Graph(2));
        using var catalog = await Load();
        using var lease = catalog.Enter();

        Assert.Equal("a", Assert.Single(lease.Snapshot.Default.Members).Session.Card.Name);
    }

    [Theory]
    [InlineData("", 2.5)]
    [InlineData("a,b", 2.5)]
    [InlineData("a=3,b", 3)]
    public async Task Open_WeightOfTheCard_CountsWhereTheDefaultNamesNone(string members, double expected)
    {
        folder.Publish(TestFolder.Card("a") with { EnsembleWeight = 2.5 }, TestFolder.Graph(1));
        Publish("b");
        using var catalog = await Load(members);
        using var lease = catalog.Enter();
        var served = lease.Snapshot;

        Assert.True(served.TrySelect(["b", "a"], out var selected, out _, out _));

        Assert.Equal([("a", expected), ("b", 1)], served.Default.Members.Select(member => (member.Session.Card.Name, member.Weight)));
        Assert.Equal([1, expected], selected.Members.Select(member => member.Weight));
    }

    [Fact]
    public async Task Open_DifferentLabelsAndNoDefault_NamesTheOption()
    {
        Publish("a");
        Publish("b", classes: 4);

        await Refused("", "ModelRepository:Default");
    }

    [Theory]
    [InlineData("a,nobody", "'nobody'")]
    [InlineData("a=heavy", "'a=heavy'")]
    [InlineData("a=0", "weight 0 of 'a'")]
    [InlineData("a,a", "more than once")]
    public async Task Open_DefaultThatCannotAnswer_IsRefused(string members, string reason)
    {
        Publish("a");

        await Refused(members, reason);
    }

    [Fact]
    public async Task Open_EmptyFolder_SaysWhereAndWhatToDo() => await Refused("", "Copy one there, or set ModelRepository:Path");

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 3, 3)]
    [InlineData(0, 1, 2)]
    public async Task Open_ConcurrentRuns_AreThoseOfTheOptionsOrMeasured(int option, int least, int most)
    {
        Publish("a");
        var runtime = new RuntimeOptions { Threads = 2, MaxCropsPerRun = 10, ConcurrentRuns = option };

        using var catalog = await ModelCatalog.OpenAsync(
            new RepositoryOptions { Path = folder.Root }, new EnsembleOptions(), runtime, _ => { }, TestContext.Current.CancellationToken);

        Assert.InRange(catalog.ConcurrentRuns, least, most);
    }

    [Fact]
    public async Task Open_SeveralBadPackages_NamesEachAndServesNone()
    {
        Publish("good");
        folder.Publish(TestFolder.Card("short", classes: 4), TestFolder.Graph());
        folder.Publish(TestFolder.Card("large"), TestFolder.Graph(crop: 5));

        var refused = await Assert.ThrowsAsync<CatalogException>(() => Load());

        Assert.Equal(2, refused.Reasons.Count);
        Assert.Contains(refused.Reasons, reason => reason.Contains("short", StringComparison.Ordinal));
        Assert.Contains(refused.Reasons, reason => reason.Contains("large", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("hash")]
    [InlineData("half copied")]
    [InlineData("no numbers")]
    public async Task Open_NewestVersionThatIsBroken_ServesTheNewestSoundOneAndSaysWhy(string fault)
    {
        Publish("a");
        folder.Publish(TestFolder.Card("a") with { Version = 2 }, TestFolder.Graph(2));
        Break(version: 3, fault);
        using var catalog = await Load();
        using var lease = catalog.Enter();

        var state = Assert.Single(catalog.States());
        Assert.Equal(2, Assert.Single(lease.Snapshot.Models).Card.Version);
        Assert.Equal((2, 3, true), (state.Version, state.RefusedVersion, state.IsDegraded));
        Assert.Contains(Path.Combine("a", "3"), state.Reason, StringComparison.Ordinal);

        folder.Publish(TestFolder.Card("a") with { Version = 4 }, TestFolder.Graph(4));
        await catalog.LoadAsync("a", version: null, TestContext.Current.CancellationToken);
        Assert.False(Assert.Single(catalog.States()).IsDegraded);
    }

    [Fact]
    public async Task Open_PinnedVersionThatIsBroken_IsRefused()
    {
        Publish("a");
        Break(version: 2, "hash");
        var options = new RepositoryOptions { Path = folder.Root, Versions = { ["a"] = 2 } };

        var refused = await Assert.ThrowsAsync<CatalogException>(() => ModelCatalog.OpenAsync(
            options, new EnsembleOptions(), TestFolder.Options(), _ => { }, TestContext.Current.CancellationToken));

        Assert.Contains("SHA-256", Assert.Single(refused.Reasons), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_NoSoundVersion_NamesEach()
    {
        Break(version: 1, "half copied");
        Break(version: 2, "hash");

        var refused = await Assert.ThrowsAsync<CatalogException>(() => Load());

        Assert.Equal(2, refused.Reasons.Count);
        Assert.Contains("SHA-256", refused.Reasons[0], StringComparison.Ordinal);
        Assert.Contains("card.json", refused.Reasons[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_CardOfAnotherName_IsRefused()
    {
        Publish("a");
        Directory.Move(Path.Combine(folder.Root, "a"), Path.Combine(folder.Root, "b"));

        await Refused("", "Move it to a/1");
    }

    [Fact]
    public async Task Select_ByName_FindsUnknownAndMismatchedOnes()
    {
        Publish("a");
        Publish("b");
        Publish("c", classes: 4);
        using var catalog = await Load("a");
        using var lease = catalog.Enter();
        var served = lease.Snapshot;

        Assert.True(served.TrySelect(["b", "a", "b"], out var found, out _, out _));
        Assert.Equal(["b", "a"], found.Members.Select(member => member.Session.Card.Name));
        Assert.False(served.TrySelect(["a", "nobody"], out _, out var unknown, out _));
        Assert.Equal("nobody", unknown);
        Assert.False(served.TrySelect(["a", "c"], out _, out unknown, out var mismatch));
        Assert.Null(unknown);
        Assert.Contains("'a' (3 classes) and 'c' (4 classes)", mismatch, StringComparison.Ordinal);
        Assert.True(served.TrySelect([], out found, out _, out _));
        Assert.Same(served.Default, found);
    }

    [Fact]
    public async Task Dispose_ASecondTime_DoesNothing()
    {
        Publish("a");
        using var catalog = await Load();

        catalog.Dispose();
        catalog.Dispose();

        Assert.Throws<ObjectDisposedException>(catalog.Enter);
    }

    [Fact]
    public async Task Dispose_Catalog_DisposesEverySession()
    {
        Publish("a");
        Publish("b");
        var catalog = await Load();
        IReadOnlyList<ModelSession> models;
        using (var lease = catalog.Enter())
        {
            models = lease.Snapshot.Models;
        }

        catalog.Dispose();

        Assert.Throws<ObjectDisposedException>(catalog.Enter);
        Assert.All(models, model => Assert.Throws<ObjectDisposedException>(model.Warm));
    }

    private void Break(int version, string fault)
    {
        if (fault == "half copied")
        {
            Directory.CreateDirectory(Path.Combine(folder.Root, "a", $"{version}"));
            return;
        }

        var graph = TestFolder.Graph(version);
        var package = folder.Publish(
            TestFolder.Card("a") with { Version = version }, fault == "hash" ? graph : graph with { Biases = [0, float.NaN, 0] });
        if (fault == "hash")
        {
            var bytes = File.ReadAllBytes(package.GraphPath);
            bytes[^1] ^= 1;
            File.WriteAllBytes(package.GraphPath, bytes);
        }
    }

    private void Publish(string name, int classes = 3) =>
        folder.Publish(TestFolder.Card(name, classes), TestFolder.Graph(name[0], classes));

    private void PublishVariant(string name, ModelPackage original, Precision precision, double error) => folder.Publish(
        TestFolder.Card(name) with
        {
            Quantization = new Quantization(
                precision, original.Card.Name, original.Card.Version, original.Card.Graph.Sha256, CalibrationImages: 0, "photographs",
                Images: 100, Top1ErrorBefore: 0.1, error, Top5ErrorBefore: 0.01, Top5ErrorAfter: 0.01),
        },
        TestFolder.Graph(name[^1]));

    private Task<ModelCatalog> Load(string members = "", Action<ModelSession>? opened = null) => ModelCatalog.OpenAsync(
        new RepositoryOptions { Path = folder.Root, Default = members },
        new EnsembleOptions(),
        TestFolder.Options(),
        opened ?? (_ => { }),
        TestContext.Current.CancellationToken);

    private async Task Refused(string members, string reason)
    {
        var opened = new List<ModelSession>();

        var refused = await Assert.ThrowsAsync<CatalogException>(() => Load(members, opened.Add));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.All(opened, session => Assert.Throws<ObjectDisposedException>(session.Warm));
    }
}
