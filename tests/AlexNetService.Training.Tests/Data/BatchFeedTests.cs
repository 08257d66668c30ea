using AlexNetService.Training.Data;

namespace AlexNetService.Training.Tests.Data;

public class BatchFeedTests
{
    [Fact]
    public void Feed_OfMoreThanItsBuffers_GivesEveryCropOnceInOrder()
    {
        using var feed = new BatchFeed(batchSize: 4, crop: 2);
        var (labels, first) = (new List<long>(), new List<float>());

        foreach (var batch in feed.Run(23, Write))
        {
            using var scope = TorchSharp.torch.NewDisposeScope();
            labels.AddRange(batch.Labels().data<long>().ToArray());
            for (var i = 0; i < batch.Count; i++)
            {
                first.Add(batch.Crops()[i, 0, 0, 0].item<float>());
            }
        }

        Assert.Equal(Enumerable.Range(0, 23).Select(use => (long)use), labels);
        Assert.Equal(Enumerable.Range(0, 23).Select(use => use * 10f), first);
    }

    [Fact]
    public void Feed_LeftBeforeTheEnd_CanRunAgain()
    {
        using var feed = new BatchFeed(batchSize: 2, crop: 2);

        Assert.Equal(2, feed.Run(100, Write).First().Count);

        Assert.Equal(50, feed.Run(100, Write).Count());
    }

    [Fact]
    public void Feed_WhoseWriterFails_FailsItsReaderAndCanRunAgain()
    {
        using var feed = new BatchFeed(batchSize: 2, crop: 2);
        int Fail(int use, Span<float> crop) => use == 9 ? throw new UnauthorizedAccessException("no") : Write(use, crop);

        Assert.Throws<UnauthorizedAccessException>(() => feed.Run(100, Fail).Count());

        Assert.Equal(50, feed.Run(100, Write).Count());
    }

    private static int Write(int use, Span<float> crop)
    {
        crop.Fill(use * 10);
        return use;
    }
}
