using AlexNetService.ModelSpec.Package;

namespace AlexNetService.ModelSpec.Tests.Package;

public sealed class PackageRepositoryTests : IDisposable
{
    private static readonly byte[] Graph = [.. "a graph"u8];

    // As sha256sum prints it.
    private const string GraphSha256 = "170df6144b15bdf1dced878e45ebdb2dac95d0b1a3bc68459434bbbd88681157";

    private readonly TemporaryFolder temporary = new();
    private readonly PackageRepository repository;

    public PackageRepositoryTests() => repository = new PackageRepository(temporary.Path);

    public void Dispose() => temporary.Dispose();

    [Fact]
    public void Newest_OfAModelsFolder_IsItsNewestVersionAndOfAnyOtherPathThePath()
    {
        foreach (var version in (int[])[2, 10, 9])
        {
            repository.Publish(SampleCard.Of("cats", version), Graph);
        }

        var model = Path.Combine(temporary.Path, "cats");

        Assert.Equal(repository.Folder("cats", 10), PackageRepository.Newest(model));
        Assert.Equal(Path.Combine(model + "/", "10"), PackageRepository.Newest(model + "/"));
        Assert.Equal(repository.Folder("cats", 9), PackageRepository.Newest(repository.Folder("cats", 9)));
        Assert.Equal("/nowhere", PackageRepository.Newest("/nowhere"));
        Assert.Contains(
            "it holds models: cats. Name one",
            Assert.Throws<InvalidPackageException>(() => PackageRepository.Newest(temporary.Path)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Publish_NewVersion_LeavesTheTwoFilesAndNothingElse()
    {
        var published = repository.Publish(SampleCard.Of("cats", 1), Graph);

        Assert.Equal(["cats", "cats/1", "cats/1/card.json", "cats/1/model.onnx"], temporary.Everything());
        Assert.Equal(Graph, File.ReadAllBytes(published.GraphPath));
        var opened = ModelPackage.Open(repository.Folder("cats", 1));
        Assert.Equal(published.Card.Graph, opened.Card.Graph);
        Assert.Equal(("model.onnx", GraphSha256, 7), (opened.Card.Graph.File, opened.Card.Graph.Sha256, opened.Card.Graph.Bytes));
    }

    [Fact]
    public void Publish_IntoAFolderThatIsNotThereYet_MakesIt()
    {
        var nested = new PackageRepository(Path.Combine(temporary.Path, "new", "models"));

        nested.Publish(SampleCard.Of("cats", 1), Graph);

        Assert.Equal(["cats"], nested.Names());
    }

    [Fact]
    public void Publish_AfterAPublicationWasKilled_ClearsItsHiddenFolderAndNoOther()
    {
        string[] hidden = [$".cats.1.{new string('a', 32)}", $".cats.2.{new string('b', 32)}", ".git", ".dogs.1.mine"];
        foreach (var name in hidden)
        {
            Directory.CreateDirectory(In(name));
            File.WriteAllBytes(In(Path.Combine(name, "model.onnx")), Graph);
        }

        File.WriteAllText(In(hidden[0] + ".lock"), "");
        File.WriteAllText(In(hidden[3] + ".lock"), "");
        using (new FileStream(In(hidden[1] + ".lock"), FileMode.CreateNew, FileAccess.Write, FileShare.None))
        {
            repository.Publish(SampleCard.Of("cats", 3), Graph);
        }

        Assert.False(Directory.Exists(In(hidden[0])));
        Assert.False(File.Exists(In(hidden[0] + ".lock")));
        Assert.All(hidden[1..], name => Assert.True(File.Exists(In(Path.Combine(name, "model.onnx")))));
        Assert.True(File.Exists(In(hidden[3] + ".lock")));
        Assert.Equal(["cats"], repository.Names());
    }

    [Fact]
    public void Publish_WhileAnotherPublishes_LeavesItsHiddenFolder()
    {
        repository.Publish(SampleCard.Of("cats", 1), Graph, package =>
        {
            repository.Publish(SampleCard.Of("dogs", 1), Graph);
            Assert.True(File.Exists(package.GraphPath));
            return package.Card;
        });

        Assert.Equal(["cats", "dogs"], repository.Names());
        Assert.DoesNotContain(temporary.Everything(), name => name.StartsWith('.'));
    }

    [Fact]
    public void Publish_InspectionThrows_LeavesNothingBehind()
    {
        var inspected = false;

        Assert.Throws<InvalidOperationException>(() => repository.Publish(SampleCard.Of("cats", 1), Graph, package =>
        {
            inspected = File.Exists(package.GraphPath) && package.Card.Name == "cats";
            Assert.Empty(repository.Names());
            throw new InvalidOperationException("parity failed");
        }));

        Assert.True(inspected);
        Assert.Empty(temporary.Everything());
    }

    [Fact]
    public void Publish_InspectionMeasures_PublishesTheCardItReturns()
    {
        ErrorMetric measured = new("imagenet", "validation", Images: 100, Crops: 1, Top1Error: 0.5, Top5Error: 0.25);

        repository.Publish(SampleCard.Of("cats", 1), Graph, package => package.Card with
        {
            Name = "dogs",
            Metrics = [measured],
            Graph = new GraphFile("other.onnx", "", 0),
        });

        var card = ModelPackage.Open(repository.Folder("cats", 1)).Card;
        Assert.Equal([measured], card.Metrics);
        // What the folder and the file say is not the inspection's to change.
        Assert.Equal(("cats", "model.onnx"), (card.Name, card.Graph.File));
    }

    [Fact]
    public void Publish_InspectionReturnsABrokenCard_LeavesNothingBehind()
    {
        Assert.Throws<InvalidPackageException>(() =>
            repository.Publish(SampleCard.Of("cats", 1), Graph, package => package.Card with { Labels = [] }));

        Assert.Empty(temporary.Everything());
    }

    [Fact]
    public void Publish_BrokenCard_LeavesNothingBehind()
    {
        var refused = Assert.Throws<InvalidPackageException>(() => repository.Publish(SampleCard.Of("../cats", 1), Graph));

        Assert.Contains("'../cats' cannot name a model", refused.Message, StringComparison.Ordinal);
        Assert.Empty(temporary.Everything());
    }

    [Fact]
    public void Publish_ExistingVersion_IsRefusedAndLeftAlone()
    {
        repository.Publish(SampleCard.Of("cats", 4), Graph);

        var refused = Assert.Throws<InvalidPackageException>(() => repository.Publish(SampleCard.Of("cats", 4), new byte[] { 1 }));

        Assert.Contains("already exists. The next free version is 5", refused.Message, StringComparison.Ordinal);
        Assert.Equal(Graph, File.ReadAllBytes(ModelPackage.Open(repository.Folder("cats", 4)).GraphPath));
        Assert.Equal(["cats", "cats/4", "cats/4/card.json", "cats/4/model.onnx"], temporary.Everything());
    }

    [Fact]
    public void Publish_AnotherExporterIsFaster_IsRefusedAndLeavesItsPackageAlone()
    {
        var refused = Assert.Throws<InvalidPackageException>(() => repository.Publish(
            SampleCard.Of("cats", 1), new byte[] { 1 }, _ => repository.Publish(SampleCard.Of("cats", 1), Graph).Card));

        Assert.Contains("already exists", refused.Message, StringComparison.Ordinal);
        Assert.Equal(Graph, File.ReadAllBytes(ModelPackage.Open(repository.Folder("cats", 1)).GraphPath));
        Assert.Equal(["cats", "cats/1", "cats/1/card.json", "cats/1/model.onnx"], temporary.Everything());
    }

    [Fact]
    public void Versions_NineAndTen_AreOrderedAsNumbersNewestFirst()
    {
        foreach (var version in new[] { 9, 10, 2 })
        {
            repository.Publish(SampleCard.Of("cats", version), Graph);
        }

        Assert.Equal([10, 9, 2], repository.Versions("cats"));
        Assert.Equal(11, repository.NextVersion("cats"));
        Assert.Equal(1, repository.NextVersion("dogs"));
    }

    [Fact]
    public void Names_FoldersThatAreNoModels_AreIgnored()
    {
        repository.Publish(SampleCard.Of("dogs", 1), Graph);
        repository.Publish(SampleCard.Of("cats", 1), Graph);
        foreach (var folder in new[] { ".cats.2.partial/1", "empty", "cats/.3.partial", "cats/latest", "cats/007", "cats/0", "cats/-1" })
        {
            Directory.CreateDirectory(Path.Combine(temporary.Path, folder));
        }

        Assert.Equal(["cats", "dogs"], repository.Names());
        Assert.Equal([1], repository.Versions("cats"));
    }

    [Fact]
    public async Task Names_WhileFoldersComeAndGo_AreListedAndNothingFails()
    {
        repository.Publish(SampleCard.Of("cats", 1), Graph);
        var busy = Path.Combine(temporary.Path, "busy");
        using var ending = new CancellationTokenSource();
        var coming = Task.Run(
            () =>
            {
                while (!ending.IsCancellationRequested)
                {
                    Directory.CreateDirectory(Path.Combine(busy, "1"));
                    Directory.Delete(busy, recursive: true);
                }
            },
            TestContext.Current.CancellationToken);

        for (var i = 0; i < 5000; i++)
        {
            Assert.Contains("cats", repository.Names());
        }

        await ending.CancelAsync();
        await coming;
    }

    [Fact]
    public void Versions_NameThatLeadsOutOfTheRepository_AreNone()
    {
        Directory.CreateDirectory(Path.Combine(temporary.Path, "outside", "1"));
        var inner = new PackageRepository(Path.Combine(temporary.Path, "inner"));
        Directory.CreateDirectory(inner.Root);

        Assert.Empty(inner.Versions("../outside"));
    }

    [Fact]
    public void Names_NoSuchRepository_Throws() =>
        Assert.Throws<DirectoryNotFoundException>(() => new PackageRepository(Path.Combine(temporary.Path, "none")).Names());

    private string In(string name) => Path.Combine(temporary.Path, name);
}
