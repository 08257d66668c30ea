using AlexNetService.Training.Cluster;
using AlexNetService.Training.Data;
using static TorchSharp.torch;

namespace AlexNetService.Training.Tests.Cluster;

public class BatchRowsTests
{
    [Theory]
    [InlineData(128, 1)]
    [InlineData(128, 3)]
    [InlineData(7, 4)]
    [InlineData(2, 5)]
    public void Of_AllRanks_CoversEachRowOnce(int whole, int ranks)
    {
        var parts = Enumerable.Range(0, ranks).Select(rank => BatchRows.Of(whole, rank, ranks)).ToArray();

        Assert.Equal(
            Enumerable.Range(0, whole),
            parts.SelectMany(part => Enumerable.Range(part.First, part.Counted)));
        Assert.All(parts, part => Assert.InRange(part.Count, 1, (whole / ranks) + 1));
        Assert.All(parts, part => Assert.InRange(part.First + part.Count, 1, whole));
        Assert.All(parts, part => Assert.Equal(ranks == 1, part.AreAll));
    }

    [Theory]
    [InlineData(0, new[] { 0L, 1, 2, 5, 6 })]
    [InlineData(1, new[] { 2L, 3, 4, 0, 6, 5 })]
    public void Feed_OfOneOfTwoRanks_FillsItsRowsAndTheNextOne(int rank, long[] expected)
    {
        // Batches of 5 and 2: rank 0 has rows 0..1 and 0, rank 1 rows 2..4 and 1, each with the row after them.
        using var feed = new BatchFeed(5, crop: 2, ScalarType.Byte, rowsOf: whole => BatchRows.Of(whole, rank, 2), withNext: true);

        var labels = feed.Run(7, (use, crop, shift) => use).SelectMany(batch => batch.Labels().data<long>().ToArray()).ToArray();

        Assert.Equal(expected, labels);
    }

    [Fact]
    public void Feed_WhoseLastBatchHasMoreRowsHereThanTheOthers_FillsThem()
    {
        // The third of five ranks has row 4 of eight, and rows 2..3 of seven.
        using var feed = new BatchFeed(8, crop: 2, ScalarType.Byte, rowsOf: whole => BatchRows.Of(whole, 2, 5));

        var labels = feed.Run(15, (use, crop, shift) => use).SelectMany(batch => batch.Labels().data<long>().ToArray()).ToArray();

        Assert.Equal([3L, 10, 11], labels);
    }
}
