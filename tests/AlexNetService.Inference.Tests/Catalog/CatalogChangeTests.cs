using System.Buffers.Binary;
using AlexNetService.Inference.Catalog;
using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Tests.Catalog;

public sealed class CatalogChangeTests : IDisposable
{
    private readonly TestFolder folder = new();
    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    public CatalogChangeTests()
    {
        Publish("a", 1);
        Publish("b", 1);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Reload_NewerVersion_ServesItAndFreesTheOldOneOnceItsLastRequestLeft()
    {
        using var catalog = await Open();
        var before = catalog.Enter();
        var old = Session(before, "a");
        Publish("a", 2);

        var change = await catalog.LoadAsync("a", version: null, none);

        using var after = catalog.Enter();
        Assert.Equal(new CatalogChange.Loaded("a", 2, 1), change);
        Assert.Equal((1, 2), (Session(before, "a").Card.Version, Session(after, "a").Card.Version));
        Assert.Same(Session(before, "b"), Session(after, "b"));
        Assert.Same(Session(after, "a"), after.Snapshot.Default.Members[0].Session);
        old.Warm();
        Assert.Equal([2, 1], State(catalog, "a").Versions);

        before.Dispose();
        await Drained(catalog);
        Assert.Throws<ObjectDisposedException>(old.Warm);
        Assert.Equal([2], State(catalog, "a").Versions);
        Session(after, "b").Warm();
    }

    [Fact]
    public async Task Reload_NothingNew_ChangesNothing()
    {
        using var catalog = await Open();
        using var before = catalog.Enter();

        Assert.Equal(new CatalogChange.Unchanged("a", 1), await catalog.LoadAsync("a", version: null, none));

        using var after = catalog.Enter();
        Assert.Same(before.Snapshot, after.Snapshot);
    }

    [Fact]
    public async Task Reload_SameVersionWithAnotherGraph_ServesTheOther()
    {
        using var catalog = await Open();
        Directory.Delete(Path.Combine(folder.Root, "a", "1"), recursive: true);
        folder.Publish(TestFolder.Card("a"), TestFolder.Graph(99));

        Assert.Equal(new CatalogChange.Loaded("a", 1, 1), await catalog.LoadAsync("a", version: null, none));
    }

    public static TheoryData<string, string> BadPackages => new()
    {
        { "hash", "SHA-256" },
        { "truncated", "bytes where the card says" },
        { "no card", "card.json cannot be read" },
        { "graph", "ONNX Runtime cannot open" },
        { "labels", "different labels" },
        { "golden", "golden crop's logits differ" },
    };

    [Theory]
    [MemberData(nameof(BadPackages))]
    public async Task Reload_BadPackage_ChangesNothingAndSaysWhy(string fault, string reason)
    {
        using var catalog = await Open();
        using var before = catalog.Enter();
        Spoil(fault);

        var refused = Assert.IsType<CatalogChange.Refused>(await catalog.LoadAsync("a", version: null, none));

        Assert.Contains(reason, refused.Reason, StringComparison.Ordinal);
        using var after = catalog.Enter();
        Assert.Same(before.Snapshot, after.Snapshot);
        await Drained(catalog);
        var state = State(catalog, "a");
        Assert.Equal((ModelPhase.Ready, 1, refused.Reason), (state.Phase, state.Version, state.Reason));
        Assert.Equal([1], State(catalog, "a").Versions);
    }

    [Fact]
    public async Task Reload_AfterTheBadPackageWasReplaced_ServesAndForgetsTheReason()
    {
        using var catalog = await Open();
        Spoil("hash");
        await catalog.LoadAsync("a", version: null, none);
        Directory.Delete(Path.Combine(folder.Root, "a", "2"), recursive: true);
        Publish("a", 2);

        Assert.Equal(new CatalogChange.Loaded("a", 2, 1), await catalog.LoadAsync("a", version: null, none));
        Assert.Null(State(catalog, "a").Reason);
    }

    [Fact]
    public async Task Load_GoldenAnswerByHand_IsServed()
    {
        var graph = TestFolder.Graph(7);
        folder.Publish(TestFolder.Card("golden") with { Golden = Golden(graph, 1e-5) }, graph);

        using var catalog = await Open();
        using var lease = catalog.Enter();

        Assert.NotNull(lease.Snapshot.Find("golden"));
    }

    [Fact]
    public async Task Load_OlderVersionByNumber_ReplacesTheNewerOne()
    {
        Publish("a", 2);
        using var catalog = await Open();

        Assert.Equal(new CatalogChange.Loaded("a", 1, 2), await catalog.LoadAsync("a", 1, none));
    }

    [Fact]
    public async Task Open_VersionsAndLoad_PinOneAndLeaveTheOthersOnDisk()
    {
        Publish("a", 2);
        using var catalog = await Open(new() { Path = folder.Root, Load = "a", Versions = { ["a"] = 1 } });
        Assert.Equal("a 1", Served(catalog));

        Assert.Equal(new CatalogChange.Unchanged("a", 1), await catalog.LoadAsync("a", version: null, none));
        Assert.Equal(new CatalogChange.Loaded("b", 1, null), await catalog.LoadAsync("b", version: null, none));

        using var lease = catalog.Enter();
        Assert.Equal("a 1, b 1", Served(catalog));
        Assert.Equal("a", Assert.Single(lease.Snapshot.Default.Members).Session.Card.Name);
    }

    [Theory]
    [InlineData("a,nobody", 0, "ModelRepository:Load names 'nobody'")]
    [InlineData("", 7, "There is no version 7 of 'a' in the repository; there is 1. Change ModelRepository:Versions:a.")]
    public async Task Open_LoadOrVersionThatIsNotThere_IsRefused(string load, int version, string reason)
    {
        var options = new RepositoryOptions { Path = folder.Root, Load = load };
        if (version > 0)
        {
            options.Versions["a"] = version;
        }

        var refused = await Assert.ThrowsAsync<CatalogException>(() => Open(options));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Load_WhatIsNotInTheFolder_IsNotFound()
    {
        using var catalog = await Open();

        var unknown = Assert.IsType<CatalogChange.NotFound>(await catalog.LoadAsync("nobody", null, none));
        Assert.Contains("'nobody'", unknown.Reason, StringComparison.Ordinal);
        var absent = Assert.IsType<CatalogChange.NotFound>(await catalog.LoadAsync("a", 5, none));
        Assert.Contains("there is 1", absent.Reason, StringComparison.Ordinal);
        Assert.IsType<CatalogChange.NotFound>(await catalog.UnloadAsync("nobody", none));
        Assert.IsType<CatalogChange.NotFound>(await catalog.LoadAsync("../a", null, none));
    }

    [Fact]
    public async Task Load_NameOfAnEnsemble_IsRefused()
    {
        using var catalog = await Open(new() { Path = folder.Root, Default = "a" }, ("pair", "a,b"));
        Publish("pair", 1);

        var refused = Assert.IsType<CatalogChange.Refused>(await catalog.LoadAsync("pair", null, none));
        Assert.Contains("'pair' is an ensemble", refused.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unload_MemberOfTheImplicitDefault_LeavesTheOthersAndComesBack()
    {
        using var catalog = await Open();

        Assert.Equal(new CatalogChange.Unloaded("a", 1), await catalog.UnloadAsync("a", none));
        Assert.Equal("b 1", Served(catalog));
        var last = Assert.IsType<CatalogChange.Refused>(await catalog.UnloadAsync("b", none));
        Assert.Contains("the last model", last.Reason, StringComparison.Ordinal);
        Assert.Equal(new CatalogChange.Loaded("a", 1, null), await catalog.LoadAsync("a", null, none));

        using var lease = catalog.Enter();
        Assert.Equal(["a", "b"], lease.Snapshot.Default.Members.Select(member => member.Session.Card.Name));
    }

    [Theory]
    [InlineData("a", "ModelRepository:Default")]
    [InlineData("b", "Ensembles:solo")]
    public async Task Unload_ModelThatASettingNames_IsRefusedWithTheSetting(string name, string setting)
    {
        using var catalog = await Open(new() { Path = folder.Root, Default = "a" }, ("solo", "b"));

        var refused = Assert.IsType<CatalogChange.Refused>(await catalog.UnloadAsync(name, none));

        Assert.Contains(setting, refused.Reason, StringComparison.Ordinal);
        Assert.Equal("a 1, b 1", Served(catalog));
    }

    [Fact]
    public async Task Dispose_RequestUnderWay_KeepsItsModelsUntilItLeaves()
    {
        var catalog = await Open();
        var lease = catalog.Enter();
        var session = Session(lease, "a");
        catalog.Dispose();

        session.Warm();
        lease.Dispose();
        lease.Dispose();
        Assert.Throws<ObjectDisposedException>(session.Warm);
    }

    [Fact]
    public async Task Load_Cancelled_ChangesNothing()
    {
        using var catalog = await Open();
        Publish("a", 2);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => catalog.LoadAsync("a", 2, cancelled.Token));

        Assert.Equal("a 1, b 1", Served(catalog));
    }

    private static ModelSession Session(CatalogLease lease, string name) =>
        lease.Snapshot.Find(name) ?? throw new InvalidOperationException($"'{name}' is not served.");

    private static string Served(ModelCatalog catalog)
    {
        using var lease = catalog.Enter();
        return string.Join(", ", lease.Snapshot.Models.Select(model => $"{model.Card.Name} {model.Card.Version}"));
    }

    private static ModelState State(ModelCatalog catalog, string name) => catalog.States().Single(state => state.Name == name);

    // The catalog's thread frees unused models before it starts the next change.
    private async Task Drained(ModelCatalog catalog) => await catalog.UnloadAsync("nobody", none);

    private static GoldenCrop Golden(TinyGraph graph, double tolerance)
    {
        var crop = new byte[3 * TestFolder.Crop * TestFolder.Crop];
        GoldenCrop.Pixels(5, crop);
        var logits = ByHand.Logits(graph, [.. crop.Select(pixel => (double)pixel)]);
        var bytes = new byte[logits.Length * sizeof(float)];
        for (var i = 0; i < logits.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), (float)logits[i]);
        }

        return new GoldenCrop(5, bytes, tolerance);
    }

    private void Publish(string name, int version) =>
        folder.Publish(TestFolder.Card(name) with { Version = version }, TestFolder.Graph((name[0] * 100) + version));

    private void Spoil(string fault)
    {
        var card = TestFolder.Card("a") with { Version = 2 };
        var graph = TestFolder.Graph(8);
        if (fault == "graph")
        {
            new PackageRepository(folder.Root).Publish(card, "no graph"u8.ToArray());
            return;
        }

        var package = folder.Publish(
            fault switch
            {
                "labels" => card with { Labels = [.. card.Labels.Select(label => label with { Id = label.Id + "x" })] },
                "golden" => card with { Golden = Golden(TestFolder.Graph(9), 1e-3) },
                _ => card,
            },
            graph);
        var bytes = File.ReadAllBytes(package.GraphPath);
        bytes[^1] ^= 1;
        switch (fault)
        {
            case "hash":
                File.WriteAllBytes(package.GraphPath, bytes);
                break;
            case "truncated":
                File.WriteAllBytes(package.GraphPath, bytes[..^9]);
                break;
            case "no card":
                File.Delete(Path.Combine(package.Folder, ModelPackage.CardFile));
                break;
        }
    }

    private Task<ModelCatalog> Open() => Open(new() { Path = folder.Root });

    private Task<ModelCatalog> Open(RepositoryOptions options, params (string Name, string Members)[] ensembles)
    {
        var settings = new EnsembleOptions();
        foreach (var (name, members) in ensembles)
        {
            settings.Members.Add(name, members);
        }

        return ModelCatalog.OpenAsync(options, settings, TestFolder.Options(), _ => { }, none);
    }
}
