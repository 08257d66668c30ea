using System.IO.Compression;
using AlexNetService.Training.Data;

namespace AlexNetService.Training.Tests.Data;

public sealed class LabelledPhotographsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Folder_OfClassFolders_HasAClassEach()
    {
        Pictures.Write(folder.Path, classes: 3, perClass: 4);
        File.WriteAllText(Path.Combine(folder.Path, "class0", "notes.txt"), "not a picture");

        using var data = DataSetOpener.Open(folder.Path);

        Assert.Equal(["class0", "class1", "class2"], data.Labels.Select(label => label.Id));
        Assert.Equal(12, data.Photographs.Count);
        Assert.All(data.Photographs, photograph =>
            Assert.StartsWith($"class{photograph.Label}/", photograph.Path, StringComparison.Ordinal));
    }

    [Fact]
    public void Zip_OfTheSameFolder_HoldsTheSame()
    {
        var source = Pictures.Write(Path.Combine(folder.Path, "photographs"), perClass: 3);
        var zip = Path.Combine(folder.Path, "photographs.zip");
        ZipFile.CreateFromDirectory(source, zip);

        using var unpacked = DataSetOpener.Open(source);
        using var packed = DataSetOpener.Open(zip);

        Assert.Equal(unpacked.Photographs, packed.Photographs);
        Assert.Equal(unpacked.Sha256, packed.Sha256);
        Assert.Equal(unpacked.Name, packed.Name);
        Assert.All(packed.Photographs, photograph => Assert.Equal(unpacked.Read(photograph.Path), packed.Read(photograph.Path)));
    }

    [Theory]
    [InlineData("synset_words.txt", "class0 red, crimson\nclass2 blue\n")]
    [InlineData("words.txt", "class0\tred\nclass2\tblue, azure\n")]
    [InlineData("tiny-synsets.txt", "class0 red\nclass2 blue\nclass9 none of these\n")]
    public void Zip_BesideAFileOfNames_HasTheFirstNameOfEachClassForItsLabel(string file, string names)
    {
        var zip = Path.Combine(folder.Path, "photographs.zip");
        ZipFile.CreateFromDirectory(Pictures.Write(Path.Combine(folder.Path, "photographs"), perClass: 1), zip);
        File.WriteAllText(Path.Combine(folder.Path, file), names);

        using var data = DataSetOpener.Open(zip);

        Assert.Equal(["class0", "class1", "class2"], data.Labels.Select(label => label.Id));
        Assert.Equal(["red", "class1", "blue"], data.Labels.Select(label => label.Name));
    }

    [Fact]
    public void Zip_BesideAFileThatOnlyHasSuchAName_KeepsItsOwnNames()
    {
        var zip = Path.Combine(folder.Path, "photographs.zip");
        ZipFile.CreateFromDirectory(Pictures.Write(Path.Combine(folder.Path, "photographs"), perClass: 1), zip);
        File.WriteAllText(Path.Combine(folder.Path, "words.txt"), "apple\npear\n");

        using var data = DataSetOpener.Open(zip);

        Assert.Equal(["class0", "class1", "class2"], data.Labels.Select(label => label.Name));
    }

    [Fact]
    public void Folder_WithAFileOfNamesElsewhere_HasThoseAndNotItsOwn()
    {
        Pictures.Write(Path.Combine(folder.Path, "data"), perClass: 1);
        File.WriteAllText(Path.Combine(folder.Path, "data", "synset_words.txt"), "class0 wrong\n");
        File.WriteAllText(Path.Combine(folder.Path, "mine.txt"), "class0 right\n");

        using var data = DataSetOpener.Open(Path.Combine(folder.Path, "data"), names: Path.Combine(folder.Path, "mine.txt"));

        Assert.Equal("right", data.Labels[0].Name);
        Assert.Contains("no file of class names at", Refused("missing.txt"), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder.Path, "empty.txt"), "class0\n");
        Assert.Contains("names no class", Refused("empty.txt"), StringComparison.Ordinal);
        string Refused(string names) => Assert.Throws<DataSetException>(
            () => DataSetOpener.Open(Path.Combine(folder.Path, "data"), names: Path.Combine(folder.Path, names))).Message;
    }

    [Fact]
    public void Zip_WithOneTopFolder_FindsTheClassesBelowIt()
    {
        var zip = Path.Combine(folder.Path, "wrapped.zip");
        Pictures.Write(Path.Combine(folder.Path, "in", "top"), classes: 2, perClass: 2);
        ZipFile.CreateFromDirectory(Path.Combine(folder.Path, "in"), zip);

        using var data = DataSetOpener.Open(zip);

        Assert.Equal(["class0", "class1"], data.Labels.Select(label => label.Id));
        Assert.Equal("the classes of 'wrapped' are the folders in 'top/'.", Assert.Single(data.Findings));
    }

    [Fact]
    public void Zip_ReadFromManyThreads_GivesEachItsOwnBytes()
    {
        var source = Pictures.Write(Path.Combine(folder.Path, "photographs"), perClass: 10);
        var zip = Path.Combine(folder.Path, "photographs.zip");
        ZipFile.CreateFromDirectory(source, zip);
        using var data = DataSetOpener.Open(zip);

        Parallel.ForEach(data.Photographs, photograph =>
            Assert.Equal(File.ReadAllBytes(Path.Combine(source, photograph.Path)), data.Read(photograph.Path)));
    }

    [Fact]
    public void Split_OfATenth_HoldsOutTheSameTenthOfEachClass()
    {
        Pictures.Write(folder.Path, classes: 2, perClass: 20);
        using var data = DataSetOpener.Open(folder.Path);

        var (training, heldOut) = data.Split(new DataShare(0.1));

        Assert.Equal(36, training.Count);
        Assert.Equal(
            ["class0/0009.png", "class0/0019.png", "class1/0009.png", "class1/0019.png"],
            heldOut.Select(photograph => photograph.Path));
        Assert.Empty(training.Intersect(heldOut));
    }

    [Fact]
    public void Split_OfAShareWithLimits_TakesEvenlyFromWhatTheFractionLeaves()
    {
        Pictures.Write(folder.Path, classes: 2, perClass: 20);
        using var data = DataSetOpener.Open(folder.Path);

        var (training, heldOut) = data.Split(new DataShare(0.1, LearnedPerClass: 3, HeldOutPerClass: 1));

        // 18 of a class are left, 0000 to 0018 without 0009: the 6th, 12th and 18th of them.
        Assert.Equal(
            ["class0/0005.png", "class0/0012.png", "class0/0018.png", "class1/0005.png", "class1/0012.png", "class1/0018.png"],
            training.Select(photograph => photograph.Path));
        Assert.Equal(["class0/0019.png", "class1/0019.png"], heldOut.Select(photograph => photograph.Path));
    }

    [Fact]
    public void Split_OfAShareWithMoreThanThereIs_TakesAll()
    {
        Pictures.Write(folder.Path, classes: 2, perClass: 20);
        using var data = DataSetOpener.Open(folder.Path);

        var (training, heldOut) = data.Split(new DataShare(0.1, LearnedPerClass: 100, HeldOutPerClass: 100));

        Assert.Equal((36, 4), (training.Count, heldOut.Count));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    [InlineData(5, 2)]
    [InlineData(19, 2)]
    [InlineData(30, 3)]
    public void Split_OfSmallClasses_HoldsOutTwoOfEachButNeverMoreThanHalf(int perClass, int heldOut)
    {
        Pictures.Write(folder.Path, classes: 2, perClass, side: 8);
        using var data = DataSetOpener.Open(folder.Path);

        var (training, judged) = data.Split(new DataShare(0.1));

        Assert.Equal([heldOut, heldOut], new[] { 0, 1 }.Select(label => judged.Count(photograph => photograph.Label == label)));
        Assert.Equal(2 * perClass, training.Union(judged).Count());
        Assert.Empty(data.Split(new DataShare(0)).HeldOut);
        Assert.Equal(perClass / 10 * 2, data.Split(new DataShare(0.1, Least: 0)).HeldOut.Count);
    }

    [Fact]
    public void Split_OfClassesThatAreLargeEnough_IsThatOfEarlierRuns()
    {
        Pictures.Write(folder.Path, classes: 2, perClass: 60, side: 8);
        using var data = DataSetOpener.Open(folder.Path);

        Assert.Equal(data.Split(new DataShare(0.04, Least: 0)).HeldOut, data.Split(new DataShare(0.04)).HeldOut);
        Assert.Equal(
            ["class0/0024.png", "class0/0049.png", "class1/0024.png", "class1/0049.png"],
            data.Split(new DataShare(0.04)).HeldOut.Select(photograph => photograph.Path));
    }

    [Theory]
    [InlineData("missing", "no data set")]
    [InlineData("text.txt", "is not a supported data set. Supported: a folder of class folders, a zip or tar of one, a CSV")]
    [InlineData("broken.zip", "damaged zip")]
    [InlineData("empty", "'empty' holds no photograph. Put the photographs of each class in a folder: class/photo.jpg.")]
    public void Opener_OfSomethingElse_SaysWhatItIs(string name, string reason)
    {
        var path = Path.Combine(folder.Path, name);
        File.WriteAllText(Path.Combine(folder.Path, "text.txt"), "text");
        File.WriteAllBytes(Path.Combine(folder.Path, "broken.zip"), [(byte)'P', (byte)'K', 3, 4, 0, 0]);
        Directory.CreateDirectory(Path.Combine(folder.Path, "empty"));

        var failure = Assert.Throws<DataSetException>(() => DataSetOpener.Open(path));

        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("zip of one class")]
    [InlineData("tar of one class")]
    [InlineData("tar of one class tar")]
    [InlineData("folder of one class tar")]
    [InlineData("shard of an unknown class")]
    [InlineData("validation tar with too few synsets")]
    public void DataSet_ThatIsRefused_LeavesNoFileOpen(string kind)
    {
        Assert.SkipUnless(Directory.Exists("/proc/self/fd"), "Only Linux lists the open files of a process.");
        var path = WriteRefused(kind);

        Assert.Throws<DataSetException>(() => DataSetOpener.Open(path));

        Assert.DoesNotContain(
            Directory.EnumerateFileSystemEntries("/proc/self/fd").Select(link => new FileInfo(link).LinkTarget),
            file => file?.StartsWith(folder.Path, StringComparison.Ordinal) == true);
    }

    [Fact]
    public void Folder_WithAPhotographBesideTheClasses_NamesIt()
    {
        Pictures.Write(folder.Path, classes: 2, perClass: 2);
        File.Copy(Path.Combine(folder.Path, "class0", "0000.png"), Path.Combine(folder.Path, "cover.png"));

        var failure = Assert.Throws<DataSetException>(() => DataSetOpener.Open(folder.Path));

        Assert.Contains("'cover.png'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Canvases_OfPhotographsThatVanished_SayWhich()
    {
        Pictures.Write(folder.Path, classes: 2, perClass: 5);
        using var data = DataSetOpener.Open(folder.Path);
        Directory.Delete(Path.Combine(folder.Path, "class1"), recursive: true);

        var failure = Assert.Throws<DataSetException>(
            () => Canvases.Load(data, data.Photographs, side: 20, TestContext.Current.CancellationToken));

        Assert.Contains("class1/0000.png", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Canvases_WithMostOfAClassUnreadable_SayWhichIsTheFirst()
    {
        Pictures.Write(folder.Path, classes: 2, perClass: 5);
        foreach (var number in Enumerable.Range(1, 3))
        {
            File.WriteAllText(Path.Combine(folder.Path, "class0", $"000{number}.png"), "not a picture");
        }

        using var data = DataSetOpener.Open(folder.Path);

        var failure = Assert.Throws<DataSetException>(
            () => Canvases.Load(data, data.Photographs, side: 20, TestContext.Current.CancellationToken));

        Assert.StartsWith("3 of 5 photographs of one class", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Replace or remove them. The first: class0/0001.png", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Canvases_WithOneUnreadableInTen_LeaveItOut()
    {
        Pictures.Write(folder.Path, classes: 2, perClass: 5, side: 8);
        File.WriteAllText(Path.Combine(folder.Path, "class0", "0001.png"), "not a picture");
        using var data = DataSetOpener.Open(folder.Path);

        var canvases = Canvases.Load(data, data.Photographs, side: 8, TestContext.Current.CancellationToken);

        Assert.Equal(9, canvases.Photographs.Count);
        Assert.Single(canvases.Unreadable);
        Assert.Equal("class0/0002.png", canvases.Photographs[1].Path);
        var alone = Canvases.Load(data, [canvases.Photographs[1]], side: 8, TestContext.Current.CancellationToken);
        Assert.Equal(alone[0].ToArray(), canvases[1].ToArray());
    }

    public void Dispose() => folder.Dispose();

    private string WriteRefused(string kind)
    {
        var photograph = Pictures.Encode(0, 1, 8);
        var (path, root) = (Path.Combine(folder.Path, "data"), Path.Combine(folder.Path, "in"));
        switch (kind)
        {
            case "zip of one class":
                ZipFile.CreateFromDirectory(Pictures.Write(root, classes: 1, perClass: 2), path);
                return path;
            case "tar of one class":
                return Tars.Write(path, ("a/1.png", photograph), ("a/2.png", photograph));
            case "tar of one class tar":
                return Tars.Write(path, ("a.tar", Tars.Of([("1.png", photograph)])));
            case "folder of one class tar":
                Directory.CreateDirectory(root);
                Tars.Write(Path.Combine(root, "a.tar"), ("1.png", photograph));
                return root;
            case "shard of an unknown class":
                Directory.CreateDirectory(root);
                Tars.Write(Path.Combine(root, "one.tar"), ("1.png", photograph), ("1.cls", "9"u8.ToArray()));
                File.WriteAllText(Path.Combine(root, "classes.txt"), "cat\nship\n");
                return root;
            default:
                Tars.WriteIlsvrc(root, perClass: 1, validation: 2, side: 8);
                File.WriteAllText(Path.Combine(root, "imagenet_2012_validation_synset_labels.txt"), "n02119789\n");
                return Path.Combine(root, "ILSVRC2012_img_val.tar");
        }
    }
}
