using AlexNetService.ModelSpec.Package;
using AlexNetService.Worker.Import;

namespace AlexNetService.Worker.Tests.Import;

public sealed class LabelsFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Theory]
    [InlineData("a\tant\nb\tblue bee")]
    [InlineData("\uFEFFa\tant\r\nb\tblue bee\r\n\r\n")]
    [InlineData("""[["a", "ant"], ["b", "blue bee"]]""")]
    [InlineData("""{"1": ["b", "blue bee"], "0": ["a", "ant"]}""")]
    public void Labels_WithIdentifiers_KeepThem(string text) =>
        Assert.Equal([new ClassLabel(0, "a", "ant"), new ClassLabel(1, "b", "blue bee")], Read(text, 2));

    [Theory]
    [InlineData("tiger cat\ntench, Tinca tinca")]
    [InlineData("""["tiger cat", "tench, Tinca tinca"]""")]
    [InlineData("""{"0": "tiger cat", "1": "tench, Tinca tinca"}""")]
    public void Labels_ThatAreNames_AreTheirOwnIdentifiers(string text) =>
        Assert.Equal(
            [new ClassLabel(0, "tiger cat", "tiger cat"), new ClassLabel(1, "tench, Tinca tinca", "tench, Tinca tinca")], Read(text, 2));

    [Fact]
    public void Labels_WithSynsets_AreDividedAtTheSpace() => Assert.Equal(
        [new ClassLabel(0, "n01440764", "tench, Tinca tinca"), new ClassLabel(1, "n01443537", "goldfish")],
        Read("n01440764 tench, Tinca tinca\nn01443537 goldfish\n", 2));

    [Fact]
    public void Labels_OfTheSameName_GetDifferentIdentifiers() => Assert.Equal(
        [new ClassLabel(0, "crane#0", "crane"), new ClassLabel(1, "stork", "stork"), new ClassLabel(2, "crane#2", "crane")],
        Read("crane\nstork\ncrane", 3));

    [Theory]
    [InlineData("names 1 classes; the weights have 2", "ant")]
    [InlineData("names 3 classes; the weights have 2", "ant\nbee\ncat")]
    [InlineData("no name for class 0", "a\t\nb\tbee")]
    [InlineData("several classes 'a'", "a\tant\na\tbee")]
    [InlineData("neither a JSON list", "[1, 2]")]
    [InlineData("neither a JSON list", """{"a": "ant", "b": "bee"}""")]
    [InlineData("neither a JSON list", "[\"ant\"")]
    public void Labels_ThatDoNotFit_AreRefused(string reason, string text)
    {
        var refused = Assert.Throws<InputException>(() => Read(text, 2));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private IReadOnlyList<ClassLabel> Read(string text, int classes)
    {
        var path = Path.Combine(folder.Path, "labels");
        File.WriteAllText(path, text);
        return LabelsFile.Read(path, classes);
    }
}
