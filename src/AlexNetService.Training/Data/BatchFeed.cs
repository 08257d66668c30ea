using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace AlexNetService.Training.Data;

/// <summary>Writes one crop of a batch.</summary>
/// <param name="use">Which crop of the run it is, from 0.</param>
/// <param name="crop">[crop,crop,3], to be written whole.</param>
/// <returns>Index of the photograph's class.</returns>
public delegate int CropWriter(int use, Span<float> crop);

/// <summary>
/// Fills batches ahead of the step on threads of its own, into buffers that are used again and again: while the network works on
/// one, the next ones are being filled. Order and content follow from the places of the crops, however many threads fill them.
/// </summary>
public sealed class BatchFeed : IDisposable
{
    private const int Buffers = 3;
    private const int MostThreads = 8;

    // Crops that a thread writes at a time: the ten of a photograph, which is then decoded once.
    private const int CropsAtATime = 10;

    private readonly Batch[] buffers;
    private readonly int batchSize;
    private readonly int cropValues;
    private readonly int threads;

    /// <summary>A feed with its buffers.</summary>
    /// <param name="batchSize">Crops in a batch.</param>
    /// <param name="crop">Side of a crop, in pixels.</param>
    /// <param name="threads">Threads that fill a batch; 0 for half the cores, up to eight, since the others are the step's.</param>
    public BatchFeed(int batchSize, int crop, int threads = 0)
    {
        this.threads = threads > 0 ? threads : Math.Clamp(Environment.ProcessorCount / 2, 1, MostThreads);
        this.batchSize = batchSize;
        cropValues = 3 * crop * crop;
        buffers = [.. Enumerable.Range(0, Buffers).Select(_ => new Batch(batchSize, crop))];
    }

    /// <summary>How long readers waited for a batch to be filled, since the feed was made.</summary>
    public TimeSpan Waited { get; private set; }

    /// <summary>
    /// Runs through some crops once. A batch is valid until the next one is asked for; the last may be smaller than the others.
    /// </summary>
    /// <param name="crops">Number of crops.</param>
    /// <param name="write">Writes a crop; called from the feed's threads, several at once and in no order.</param>
    /// <exception cref="DataSetException">A photograph could not be read.</exception>
    public IEnumerable<Batch> Run(int crops, CropWriter write)
    {
        using var empty = new BlockingCollection<Batch>(new ConcurrentQueue<Batch>(buffers));
        using var filled = new BlockingCollection<Batch>();
        ExceptionDispatchInfo? failure = null;
        var filler = new Thread(() =>
        {
            try
            {
                Fill(crops, write, empty, filled);
            }
            catch (Exception e)
            {
                // Not swallowed: thrown again on the reader's thread. Unhandled here it would end the process.
                failure = ExceptionDispatchInfo.Capture(e);
            }
            finally
            {
                filled.CompleteAdding();
            }
        })
        {
            IsBackground = true,
            Name = "batch feed",
        };
        filler.Start();
        try
        {
            while (Next(filled) is { } batch)
            {
                yield return batch;
                empty.Add(batch);
            }

            failure?.Throw();
        }
        finally
        {
            empty.CompleteAdding();
            filler.Join();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var buffer in buffers)
        {
            buffer.Dispose();
        }
    }

    private Batch? Next(BlockingCollection<Batch> filled)
    {
        var from = Stopwatch.GetTimestamp();
        var there = filled.TryTake(out var batch, Timeout.Infinite);
        Waited += Stopwatch.GetElapsedTime(from);
        return there ? batch : null;
    }

    private void Fill(int count, CropWriter write, BlockingCollection<Batch> empty, BlockingCollection<Batch> filled)
    {
        for (var start = 0; start < count; start += batchSize)
        {
            // No empty buffer will come any more where the reader gave up before the end.
            if (empty.IsAddingCompleted || !empty.TryTake(out var batch, Timeout.Infinite))
            {
                return;
            }

            batch.Count = Math.Min(batchSize, count - start);
            InParallel.For((batch.Count + CropsAtATime - 1) / CropsAtATime, threads, part =>
                Fill(batch, start, part * CropsAtATime, Math.Min(batch.Count, (part + 1) * CropsAtATime), write));
            filled.Add(batch);
        }
    }

    private void Fill(Batch batch, int start, int from, int to, CropWriter write)
    {
        var crops = MemoryMarshal.Cast<byte, float>(batch.CropBuffer.bytes);
        var labels = MemoryMarshal.Cast<byte, long>(batch.LabelBuffer.bytes);
        for (var i = from; i < to; i++)
        {
            labels[i] = write(start + i, crops.Slice(i * cropValues, cropValues));
        }
    }
}
