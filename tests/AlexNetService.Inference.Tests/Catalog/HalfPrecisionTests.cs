using AlexNetService.Inference.Catalog;
using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Tests.Catalog;

/// <summary>A package in half precision beside the one that it was made from.</summary>
public sealed class HalfPrecisionTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Open_BothOnTheCpu_ServesTheOriginalAlone()
    {
        var original = Publish("a", version: 1);
        PublishHalf("a-fp16", original);
        folder.Publish(TestFolder.Card("other"), TestFolder.Graph(3));

        using var catalog = await ModelCatalog.OpenAsync(
            Repository(), new EnsembleOptions(), TestFolder.Options(), _ => { }, TestContext.Current.CancellationToken);
        using var lease = catalog.Enter();

        Assert.Equal(
            [("a", original.Folder), ("other", Path.Combine(folder.Root, "other", "1"))],
            lease.Snapshot.Models.Select(model => (model.Card.Name, model.Package.Folder)));
    }

    [Fact]
    public void Find_OnAGpu_IsTheHalfUnderTheNameOfTheOriginal()
    {
        var original = Publish("a", version: 3);
        var half = PublishHalf("for-gpus", original);
        var opening = Opening("cuda:0");

        var found = opening.Find("a", 3, TestContext.Current.CancellationToken);

        Assert.Equal(["a"], opening.StartUp());
        Assert.Equal(("a", 3, half.Folder), (found.Card.Name, found.Card.Version, found.Folder));
        Assert.Equal(original.Folder, Opening("cpu").Find("a", 3, TestContext.Current.CancellationToken).Folder);
        Assert.NotEqual(Opening("cpu").CardHash("a", 3), opening.CardHash("a", 3));
    }

    [Fact]
    public void Find_HalfOfAnotherVersionOrOfAChangedGraph_IsTheOriginal()
    {
        var (first, second) = (Publish("a", version: 1), Publish("a", version: 2));
        PublishHalf("of-first", first);
        var changed = second.Card with { Graph = second.Card.Graph with { Sha256 = new string('0', 64) } };
        PublishHalf("of-changed", second with { Card = changed });

        Assert.Equal(second.Folder, Opening("cuda:0").Find("a", 2, TestContext.Current.CancellationToken).Folder);
    }

    [Fact]
    public void StartUp_HalfWhoseOriginalIsElsewhereOrThatIsNamed_IsServed()
    {
        var original = Publish("a", version: 1);
        PublishHalf("a-fp16", original);
        var named = Repository();
        named.Load = "a-fp16";

        Assert.Equal(["a-fp16"], new PackageOpening(named, TestFolder.Options()).StartUp());
        Directory.Delete(Path.Combine(folder.Root, "a"), recursive: true);
        Assert.Equal(["a-fp16"], Opening("cpu").StartUp());
    }

    private RepositoryOptions Repository() => new() { Path = folder.Root };

    private PackageOpening Opening(string device) => new(Repository(), new RuntimeOptions { Threads = 1, Device = device });

    private ModelPackage Publish(string name, int version) =>
        folder.Publish(TestFolder.Card(name) with { Version = version }, TestFolder.Graph(version));

    private ModelPackage PublishHalf(string name, ModelPackage original) => folder.Publish(
        TestFolder.Card(name) with
        {
            Quantization = new Quantization(
                Precision.Float16, original.Card.Name, original.Card.Version, original.Card.Graph.Sha256, 0, "set", 1, 0, 0, 0, 0),
        },
        TestFolder.Graph(2));
}
