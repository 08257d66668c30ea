using AlexNetService.Training.Data;

namespace AlexNetService.Training.Tests.Data;

/// <summary>A CSV of path,label as a data set.</summary>
public sealed class PhotographListTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public PhotographListTests() => Pictures.Write(Path.Combine(folder.Path, "photos"), classes: 2, perClass: 2, side: 8);

    [Theory]
    [InlineData("photos/class0/0000.png,cat\nphotos/class1/0000.png,\"dog, old\"\nphotos/class0/0001.png,cat\n")]
    [InlineData("path,label\r\nphotos/class0/0000.png,cat\r\n\r\nphotos/class1/0000.png,\"dog, old\"\r\nphotos/class0/0001.png,cat")]
    [InlineData("id;label;path\n1;cat;photos/class0/0000.png\n2;dog, old;photos\\class1\\0000.png\n3; cat ;photos/class0/0001.png\n")]
    [InlineData("file\tclass\nphotos/class0/0000.png\tcat\n./photos/class1/0000.png\tdog, old\nphotos/class0/0001.png\tcat\n")]
    public void List_OfPathsAndLabels_IsADataSet(string text)
    {
        using var data = Open(text);

        Assert.Equal(["cat", "dog, old"], data.Labels.Select(label => label.Id));
        Assert.Equal([0, 1, 0], data.Photographs.Select(photograph => photograph.Label));
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(folder.Path, "photos", "class1", "0000.png")), data.Read(data.Photographs[1].Path));
    }

    [Fact]
    public void List_OfAbsolutePaths_IsADataSet()
    {
        var files = Directory.EnumerateFiles(folder.Path, "*.png", SearchOption.AllDirectories).ToArray();

        using var data = Open(string.Concat(files.Select(file => $"{file},{Path.GetFileName(Path.GetDirectoryName(file))}\n")));

        Assert.Equal(4, Canvases.Load(data, data.Photographs, side: 8, TestContext.Current.CancellationToken).Photographs.Count);
    }

    [Fact]
    public void List_WhoseFirstFileIsOfAFormatThatIsNotRead_HasNoHeader()
    {
        File.WriteAllText(Path.Combine(folder.Path, "a.heic"), "not read");

        using var data = Open("a.heic,cat\nphotos/class0/0000.png,dog\n");

        Assert.Equal(["a.heic", "photos/class0/0000.png"], data.Photographs.Select(photograph => photograph.Path));
    }

    [Theory]
    [InlineData("path,label\nphotos/class0/0000.png,cat\nphotos/1.png,cat\n", "Line 3 of ", "names 'photos/1.png', and there is no")]
    [InlineData("photos/class0/0000.png,cat\nphotos/class1/0000.png,\n", "Line 2 of ", "has no label for 'photos/class1/0000.png'")]
    [InlineData("photos/class0/0000.png\n", "Line 1 of ", "has no label")]
    [InlineData(
        "photos/class0/0000.png,cat\nphotos/class1/0000.png,dog\nphotos/class1/../class0/0000.png,cat\n",
        "Line 3 of ",
        "names 'photos/class1/../class0/0000.png' again, after line 1.")]
    [InlineData("path,label\n,cat\n", "Line 2 of ", "names ''")]
    [InlineData("photos/class0/0000.png,\"cat\nphotos/class1/0000.png,dog\n", "Line 1 of ", "Close its quotation mark")]
    [InlineData("photos/class0/0000.png,cat\n", "'list' holds 1 photographs in 1 classes", "")]
    [InlineData("", "'list' holds 0 photographs in 0 classes", "")]
    public void List_WithAMistake_NamesTheLine(string text, string line, string mistake)
    {
        var failure = Assert.Throws<DataSetException>(() => Open(text));

        Assert.StartsWith(line, failure.Message, StringComparison.Ordinal);
        Assert.Contains(mistake, failure.Message, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private LabelledPhotographs Open(string text)
    {
        var list = Path.Combine(folder.Path, "list.csv");
        File.WriteAllText(list, text);
        return DataSetOpener.Open(list);
    }
}
