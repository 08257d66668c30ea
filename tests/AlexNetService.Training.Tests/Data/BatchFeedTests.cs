using AlexNetService.Training.Data;
using static TorchSharp.torch;

namespace AlexNetService.Training.Tests.Data;

public class BatchFeedTests
{
    [Theory]
    [InlineData(4, 1)]
    [InlineData(4, 3)]
    [InlineData(64, 4)]
    public void Feed_OfMoreThanItsBuffers_GivesEveryCropOnceInOrder(int batchSize, int threads)
    {
        using var feed = new BatchFeed(batchSize, crop: 2, ScalarType.Byte, threads: threads);
        var (labels, values) = (new List<long>(), new List<(int, float)>());

        foreach (var batch in feed.Run(230, Write))
        {
            using var scope = NewDisposeScope();
            labels.AddRange(batch.Labels().data<long>().ToArray());
            for (var i = 0; i < batch.Count; i++)
            {
                values.Add((batch.Pixels()[i, 1, 1, 2].item<byte>(), batch.Shifts()[i, 2].item<float>()));
            }
        }

        Assert.Equal(Enumerable.Range(0, 230).Select(use => (long)use), labels);
        Assert.Equal(Enumerable.Range(0, 230).Select(use => (use, use * 10f)), values);
    }

    [Fact]
    public void Feed_LeftBeforeTheEnd_CanRunAgain()
    {
        using var feed = new BatchFeed(batchSize: 2, crop: 2, ScalarType.Byte);

        Assert.Equal(2, feed.Run(100, Write).First().Count);

        Assert.Equal(50, feed.Run(100, Write).Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Feed_WhoseWriterFails_FailsItsReaderAndCanRunAgain(int threads)
    {
        using var feed = new BatchFeed(batchSize: 40, crop: 2, ScalarType.Byte, threads: threads);
        int Fail(int use, Span<byte> crop, Span<float> shift) =>
            use == 9 ? throw new UnauthorizedAccessException("no") : Write(use, crop, shift);

        Assert.Throws<UnauthorizedAccessException>(() => feed.Run(100, Fail).Count());

        Assert.Equal(3, feed.Run(100, Write).Count());
    }

    [Fact]
    public void Batch_WhileTheNextIsRead_KeepsItsCrops()
    {
        using var feed = new BatchFeed(batchSize: 1, crop: 2, ScalarType.Float32);
        Batch? before = null;
        foreach (var batch in feed.Run(100, Write))
        {
            // A device may still copy the batch before; the filler is ahead of the reader all the time.
            using var scope = NewDisposeScope();
            Assert.Equal(1, batch.Labels()[0].item<long>() - (before?.Labels()[0].item<long>() ?? -1));
            before = batch;
        }
    }

    private static int Write(int use, Span<byte> crop, Span<float> shift)
    {
        crop.Fill((byte)use);
        shift.Fill(use * 10);
        return use;
    }
}
