using System.IO.Compression;
using AlexNetService.Training.Data;

namespace AlexNetService.Training.Tests.Data;

/// <summary>How folders are read, and what their owner is told.</summary>
public sealed class ClassFoldersTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Folder_OfClassesOnly_TellsNothing()
    {
        Pictures.Write(In("data"), classes: 2, perClass: 2);
        File.WriteAllText(In("data/words.txt"), "class0 red");
        File.WriteAllText(In("data/class0/.DS_Store"), "hidden");

        Assert.Empty(Findings());
    }

    [Fact]
    public void Files_ThatAreNotRead_AreCountedByTheirEnding()
    {
        Pictures.Write(In("data"), classes: 2, perClass: 2);
        File.WriteAllText(In("data/class0/a.HEIC"), "");
        File.WriteAllText(In("data/class1/b.heic"), "");
        File.WriteAllText(In("data/class1/c.jxl"), "");
        File.WriteAllText(In("data/class1/notes"), "");

        Assert.Equal(
            [
                "left out 3 pictures of formats that are not read (2 .heic, 1 .jxl; the first: 'class0/a.HEIC'). "
                    + "Save them as JPEG or PNG.",
                "left out 1 other file (1 without ending; the first: 'class1/notes').",
            ],
            Findings());
    }

    [Fact]
    public void Folders_WithoutAPhotograph_AreNoClasses()
    {
        Pictures.Write(In("data"), classes: 2, perClass: 2);
        Directory.CreateDirectory(In("data/bird/deep"));
        Directory.CreateDirectory(In("data/cat"));
        File.WriteAllText(In("data/cat/a.heic"), "");

        Assert.Equal(["class0", "class1"], Open().Labels.Select(label => label.Id));
        Assert.Equal("no class, because it has no photograph: 'bird', 'cat'.", Findings()[^1]);
    }

    [Fact]
    public void Folders_InAClassFolder_BelongToTheClass()
    {
        Pictures.Write(In("data"), classes: 2, perClass: 2);
        Pictures.Write(In("data/class1"), classes: 1, perClass: 3);

        Assert.Equal([2, 5], Open().Photographs.CountBy(photograph => photograph.Label).Select(pair => pair.Value));
        Assert.Equal("photographs in folders of a class folder belong to that class: 'class1/class0'.", Assert.Single(Findings()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TrainValAndTest_AreTheDivision(bool isZipped)
    {
        Pictures.Write(In("data/top/train"), classes: 2, perClass: 4);
        Pictures.Write(In("data/top/val"), classes: 2, perClass: 3);
        Pictures.Write(In("data/top/test"), classes: 3, perClass: 1);
        if (isZipped)
        {
            ZipFile.CreateFromDirectory(In("data"), In("data.zip"));
        }

        using var data = DataSetOpener.Open(In(isZipped ? "data.zip" : "data"));
        var (learned, heldOut) = data.Split(new DataShare(0.5));

        Assert.Equal(["class0", "class1"], data.Labels.Select(label => label.Id));
        Assert.Equal((8, 6), (learned.Count, heldOut.Count));
        Assert.All(learned, photograph =>
            Assert.StartsWith($"top/train/class{photograph.Label}/", photograph.Path, StringComparison.Ordinal));
        Assert.All(heldOut, photograph =>
            Assert.StartsWith($"top/val/class{photograph.Label}/", photograph.Path, StringComparison.Ordinal));
        Assert.Equal(learned.Concat(heldOut), data.Photographs);
        Assert.Equal(
            "'data' is divided by its folders: train/ (8 photographs) is learned from, val/ (6 photographs) is held out instead of a "
            + "share; test/ (3 photographs) is neither learned from nor used for choices: measure it at the end, with evaluate --data on "
            + "that folder.",
            data.Findings[^1]);
    }

    [Fact]
    public void TrainAndTest_WithoutVal_HoldOutAShareOfTrain()
    {
        Pictures.Write(In("data/Training"), classes: 2, perClass: 20);
        Pictures.Write(In("data/Testing"), classes: 2, perClass: 5);

        using var data = DataSetOpener.Open(In("data"));

        Assert.Equal((36, 4), (data.Split(new DataShare(0.1)).Training.Count, data.Split(new DataShare(0.1)).HeldOut.Count));
        Assert.All(data.Photographs, photograph => Assert.StartsWith("Training/", photograph.Path, StringComparison.Ordinal));
        Assert.False(data.IsDivided);
    }

    [Fact]
    public void TrainBesideOtherClasses_IsAClass()
    {
        foreach (var name in new[] { "bus", "test", "train" })
        {
            Directory.CreateDirectory(In($"data/{name}"));
            File.WriteAllBytes(In($"data/{name}/1.png"), Pictures.Encode(0, 1, 8));
        }

        Assert.Equal(["bus", "test", "train"], Open().Labels.Select(label => label.Id));
    }

    [Theory]
    [InlineData("class in val only", "val/ of 'data' has a class 'class2' that train/ has not")]
    [InlineData("val without classes", "'val/1.png' of 'data' is not in a class folder. val/ needs the class folders of train/")]
    [InlineData("train without classes", "train/ of 'data' holds 1 photograph and no class folders. Put the photographs")]
    [InlineData("no train", "'data' has test/ and val/ but no train/. Name one of its folders.")]
    [InlineData("one class", "'data' holds photographs of one class only, 'class0' (2); two or more are needed.")]
    [InlineData("no class", "'data' holds 1 photograph and no class folders. Put the photographs of each class in a folder")]
    [InlineData("only heic", "'data' holds no photograph. Put the photographs of each class in a folder: class/photo.jpg. "
        + "Left out 1 picture of formats that are not read (1 .heic; the first: 'cat/a.heic'). Save them as JPEG or PNG.")]
    public void Folder_ThatCannotBeUsed_IsRefusedWithTheRemedy(string kind, string reason)
    {
        switch (kind)
        {
            case "class in val only":
                Pictures.Write(In("data/train"), classes: 2, perClass: 2);
                Pictures.Write(In("data/val"), classes: 3, perClass: 2);
                break;
            case "val without classes":
                Pictures.Write(In("data/train"), classes: 2, perClass: 2);
                Stray("data/val");
                break;
            case "train without classes":
                Stray("data/train");
                Stray("data/val");
                break;
            case "no train":
                Pictures.Write(In("data/test"), classes: 2, perClass: 2);
                Pictures.Write(In("data/val"), classes: 2, perClass: 2);
                break;
            case "one class":
                Pictures.Write(In("data"), classes: 1, perClass: 2);
                break;
            case "no class":
                Stray("data");
                break;
            default:
                Directory.CreateDirectory(In("data/cat"));
                File.WriteAllText(In("data/cat/a.heic"), "");
                break;
        }

        Assert.Contains(reason, Assert.Throws<DataSetException>(Open).Message, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private string In(string path) => Path.Combine(folder.Path, path);

    private void Stray(string place)
    {
        Directory.CreateDirectory(In(place));
        File.WriteAllBytes(In($"{place}/1.png"), Pictures.Encode(0, 1, 8));
    }

    private LabelledPhotographs Open() => DataSetOpener.Open(In("data"));

    private IReadOnlyList<string> Findings() => Open().Findings;
}
