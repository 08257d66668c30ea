using System.Text;
using AlexNetService.Training.Data;

namespace AlexNetService.Training.Tests.Data;

public sealed class WebDatasetTests : IDisposable
{
    private static readonly byte[] Picture = Pictures.Encode(0, 1, 8);

    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Shards_WithIndices_TakeTheirNamesFromClassesTxt()
    {
        Write(
            "train-000.tar",
            ("000001.jpg", Picture),
            ("000001.cls", Text("1\n")),
            ("000000.jpg", Picture),
            ("000000.cls", Text("0")),
            ("000000.json", Text("{}")));
        Write("train-001.tar", ("000002.jpg", Picture), ("000002.cls", Text("2")));
        File.WriteAllText(In("classes.txt"), "cat\nhot_dog\nship\n");

        using var data = DataSetOpener.Open(folder.Path);

        Assert.Equal(["cat", "hot_dog", "ship"], data.Labels.Select(label => label.Id));
        Assert.Equal("hot dog", data.Labels[1].Name);
        Assert.Equal(
            [("train-000.tar/000000.jpg", 0), ("train-000.tar/000001.jpg", 1), ("train-001.tar/000002.jpg", 2)],
            data.Photographs.Select(photograph => (photograph.Path, photograph.Label)));
        Assert.Equal(Picture, data.Read("train-001.tar/000002.jpg"));
    }

    [Fact]
    public void Shards_WithIndicesAlone_HaveAClassForEachUpToTheLargest()
    {
        Write("one.tar", ("a.jpg", Picture), ("a.cls", Text("3")), ("b.jpg", Picture), ("b.cls", Text("0")));

        using var data = DataSetOpener.Open(In("one.tar"));

        Assert.Equal(["0", "1", "2", "3"], data.Labels.Select(label => label.Id));
        Assert.Equal([3, 0], data.Photographs.Select(photograph => photograph.Label));
    }

    [Fact]
    public void Shards_WithNames_HaveThemForClasses()
    {
        Write("one.tar", ("a.png", Picture), ("a.cls", Text("ship")), ("b.seg.png", Picture), ("b.png", Picture), ("b.cls", Text("cat")));

        using var data = DataSetOpener.Open(In("one.tar"));

        Assert.Equal(["cat", "ship"], data.Labels.Select(label => label.Id));
        Assert.Equal(["one.tar/a.png", "one.tar/b.png"], data.Photographs.Select(photograph => photograph.Path));
    }

    [Theory]
    [InlineData("7", "says '7', which is not one of the 2 classes")]
    [InlineData("", "has 0 bytes")]
    [InlineData(null, "no '000001.cls'")]
    public void Shards_WithAClassThatCannotBe_NameShardAndEntry(string? text, string reason)
    {
        (string, byte[])[] second = text is null ? [("000001.jpg", Picture)] : [("000001.jpg", Picture), ("000001.cls", Text(text))];
        Write("one.tar", [("000000.jpg", Picture), ("000000.cls", Text("1")), .. second]);
        File.WriteAllText(In("classes.txt"), "cat\nship\n");

        var failure = Assert.Throws<DataSetException>(() => DataSetOpener.Open(folder.Path));

        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
        Assert.Contains(In("one.tar"), failure.Message, StringComparison.Ordinal);
        Assert.Contains("000001", failure.Message, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private string In(string name) => Path.Combine(folder.Path, name);

    private void Write(string name, params (string, byte[])[] files) => Tars.Write(In(name), files);
}
