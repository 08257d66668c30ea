using AlexNetService.Training.Data;

namespace AlexNetService.Training.Tests.Data;

public class BatchFeedTests
{
    [Theory]
    [InlineData(4, 1)]
    [InlineData(4, 3)]
    [InlineData(64, 4)]
    public void Feed_OfMoreThanItsBuffers_GivesEveryCropOnceInOrder(int batchSize, int threads)
    {
        using var feed = new BatchFeed(batchSize, crop: 2, threads);
        var (labels, first) = (new List<long>(), new List<float>());

        foreach (var batch in feed.Run(230, Write))
        {
            using var scope = TorchSharp.torch.NewDisposeScope();
            labels.AddRange(batch.Labels().data<long>().ToArray());
            for (var i = 0; i < batch.Count; i++)
            {
                first.Add(batch.Crops()[i, 0, 0, 0].item<float>());
            }
        }

        Assert.Equal(Enumerable.Range(0, 230).Select(use => (long)use), labels);
        Assert.Equal(Enumerable.Range(0, 230).Select(use => use * 10f), first);
    }

    [Fact]
    public void Feed_LeftBeforeTheEnd_CanRunAgain()
    {
        using var feed = new BatchFeed(batchSize: 2, crop: 2);

        Assert.Equal(2, feed.Run(100, Write).First().Count);

        Assert.Equal(50, feed.Run(100, Write).Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Feed_WhoseWriterFails_FailsItsReaderAndCanRunAgain(int threads)
    {
        using var feed = new BatchFeed(batchSize: 40, crop: 2, threads);
        int Fail(int use, Span<float> crop) => use == 9 ? throw new UnauthorizedAccessException("no") : Write(use, crop);

        Assert.Throws<UnauthorizedAccessException>(() => feed.Run(100, Fail).Count());

        Assert.Equal(3, feed.Run(100, Write).Count());
    }

    private static int Write(int use, Span<float> crop)
    {
        crop.Fill(use * 10);
        return use;
    }
}
