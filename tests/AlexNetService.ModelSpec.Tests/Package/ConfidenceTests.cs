using AlexNetService.ModelSpec.Package;

namespace AlexNetService.ModelSpec.Tests.Package;

public sealed class ConfidenceTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-ensembles-").FullName;

    private readonly ConfidenceTable table = new("set", 100, 10,
    [
        new(0, 20, 4), new(0.25, 20, 8), new(0.5, 20, 14), new(0.75, 40, 39),
    ]);

    [Theory]
    [InlineData(0.99, null)]
    [InlineData(0.9, 0.75)] // 39 of 40 are right
    [InlineData(0.85, 0.75)] // 14 of 20 in the bin below, though 53 of 60 in both
    [InlineData(0.6, 0.5)]
    [InlineData(0.0, 0.0)]
    public void Level_OfAShare_IsTheLeastProbabilityFromWhichSoManyAreRight(double share, double? level) =>
        Assert.Equal(level, table.Level(share));

    [Theory]
    [InlineData(0.9, (1 + 0.2) / 42)]
    [InlineData(0.75, (1 + 0.5) / 42)]
    [InlineData(0.3, (12 + 1.4) / 22)]
    public void ExpectedError_OfAProbability_IsThatOfItsBinAndALittleOfItsOwn(double probability, double error) =>
        Assert.Equal(error, table.ExpectedError(probability), 1e-9);

    [Fact]
    public void EnsembleCard_WrittenAndRead_IsTheSameAndKnowsItsMembers()
    {
        var card = new EnsembleCard
        {
            Name = "both",
            Members = [new("a", 1, "aa", 1), new("b", 2, "bb", 3)],
            Metrics = [new("set", "all", 100, 10, 0.3, 0.1)],
            Confidence = table,
        };

        card.Write(folder);
        var read = Assert.Single(EnsembleCard.ReadAll(folder));

        Assert.Equal(card.Members, read.Members);
        Assert.Equal(card.Metrics, read.Metrics);
        Assert.Equal(table.Bins, read.Confidence?.Bins);
        Assert.True(read.IsOf([("bb", 1.5), ("aa", 0.5)]));
        Assert.False(read.IsOf([("bb", 1), ("aa", 1)]));
        Assert.False(read.IsOf([("bb", 1)]));
        Assert.False(read.IsOf([("bb", 3), ("cc", 1)]));
    }

    [Theory]
    [InlineData("other.ensemble.json", """{"name":"both","members":[{"name":"a","version":1,"sha256":"aa","weight":1}]}""")]
    [InlineData("both.ensemble.json", """{"name":"both","members":[]}""")]
    [InlineData("both.ensemble.json", """{"name":"both","members":[{"name":"a","version":1,"sha256":"aa","weight":0}]}""")]
    [InlineData("both.ensemble.json", "no json")]
    public void EnsembleCard_ThatIsNone_IsRefusedByName(string file, string text)
    {
        File.WriteAllText(Path.Combine(folder, file), text);

        var refusal = Assert.Throws<InvalidPackageException>(() => EnsembleCard.ReadAll(folder));

        Assert.Contains(file, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("alexnet evaluate", refusal.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
