using System.Diagnostics;
using static TorchSharp.torch;

namespace AlexNetService.Training.Data;

/// <summary>
/// Writes one crop of a batch, the use-th of the run, from 0: [crop,crop,3] of the feed's element type, as bytes, and [3], to add to every
/// pixel; both must be written whole. Gives the index of the photograph's class.
/// </summary>
internal delegate int CropWriter(int use, Span<byte> crop, Span<float> shift);

/// <summary>
/// Fills batches on its own threads, ahead of the training step, into a few reused buffers. Order and content of the batches do not
/// depend on the number of threads.
/// </summary>
internal sealed class BatchFeed : IDisposable
{
    // One is being filled, one is filled, and the reader has two.
    private const int Buffers = 4;
    private const int MostThreads = 8;

    // The ten crops of a photograph go to one thread, so the photograph is decoded once.
    private const int CropsAtATime = 10;

    private readonly Batch[] buffers;
    private readonly int batchSize;
    private readonly int cropBytes;
    private readonly int threads;
    private readonly Func<int, BatchRows> rowsOf;
    private readonly bool withNext;

    /// <summary>
    /// Allocates the buffers for crops of bytes or float32. Pinned buffers are page-locked, so that CUDA devices copy from them while the
    /// host goes on. By default half the cores, up to eight, fill a batch, because the step needs the others. Only the rows that
    /// <paramref name="rowsOf"/> gives for the size of a batch are filled, by default all; if they are a part of it and
    /// <paramref name="withNext"/> is set, also the crop after them, which <see cref="CutMix"/> needs.
    /// </summary>
    public BatchFeed(
        int batchSize,
        int crop,
        ScalarType pixels,
        bool isPinned = false,
        int threads = 0,
        Func<int, BatchRows>? rowsOf = null,
        bool withNext = false)
    {
        this.rowsOf = rowsOf ?? BatchRows.All;
        this.withNext = withNext;
        this.threads = threads > 0 ? threads : Math.Clamp(Environment.ProcessorCount / 2, 1, MostThreads);
        this.batchSize = batchSize;
        cropBytes = 3 * crop * crop * (pixels == ScalarType.Byte ? sizeof(byte) : sizeof(float));

        // The last batch may be smaller, and yet have one row more here.
        var most = Enumerable.Range(1, batchSize).Max(whole => CountOf(this.rowsOf(whole)));
        buffers = [.. Enumerable.Range(0, Buffers).Select(_ => new Batch(most, crop, pixels, isPinned))];
    }

    public TimeSpan Waited { get; private set; }

    /// <summary>
    /// Runs through a number of crops once. A batch is valid until the second batch after it is requested, so a device may still copy one
    /// batch while the next is sent. The last batch may be smaller. The writer is called from several threads at once, in any order.
    /// </summary>
    /// <exception cref="DataSetException">A photograph could not be read.</exception>
    public IEnumerable<Batch> Run(int crops, CropWriter write)
    {
        using var empty = new BlockingCollection<Batch>(new ConcurrentQueue<Batch>(buffers));
        using var filled = new BlockingCollection<Batch>();
        void FillAll()
        {
            try
            {
                Fill(crops, write, empty, filled);
            }
            finally
            {
                filled.CompleteAdding();
            }
        }

        var filler = Task.Factory.StartNew(FillAll, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            Batch? before = null;
            while (Next(filled) is { } batch)
            {
                yield return batch;
                if (before is not null)
                {
                    empty.Add(before);
                }

                before = batch;
            }

            filler.GetAwaiter().GetResult();
        }
        finally
        {
            // Waits without throwing.
            empty.CompleteAdding();
            Task.WaitAny(filler);
        }
    }

    public void Dispose()
    {
        foreach (var buffer in buffers)
        {
            buffer.Dispose();
        }
    }

    private int CountOf(BatchRows rows) => rows.Count + (withNext && !rows.AreAll ? 1 : 0);

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
            // The reader stopped early, so no buffer becomes free again.
            if (empty.IsAddingCompleted || !empty.TryTake(out var batch, Timeout.Infinite))
            {
                return;
            }

            batch.Rows = rowsOf(Math.Min(batchSize, count - start));
            batch.Count = CountOf(batch.Rows);
            InParallel.For((batch.Count + CropsAtATime - 1) / CropsAtATime, threads, part =>
                Fill(batch, start, part * CropsAtATime, Math.Min(batch.Count, (part + 1) * CropsAtATime), write));
            filled.Add(batch);
        }
    }

    private void Fill(Batch batch, int start, int from, int to, CropWriter write)
    {
        var crops = batch.CropBuffer.bytes;
        var shifts = MemoryMarshal.Cast<byte, float>(batch.ShiftBuffer.bytes);
        var labels = MemoryMarshal.Cast<byte, long>(batch.LabelBuffer.bytes);
        for (var i = from; i < to; i++)
        {
            var row = (batch.Rows.First + i) % batch.Rows.Whole;
            labels[i] = write(start + row, crops.Slice(i * cropBytes, cropBytes), shifts.Slice(i * 3, 3));
        }
    }
}

/// <summary>A reused buffer of crops, the shifts of their colours, and labels, on the host.</summary>
internal sealed class Batch : IDisposable
{
    internal Batch(int size, int crop, ScalarType pixels, bool isPinned)
    {
        using var scope = NewDisposeScope();
        Tensor Buffer(long[] shape, ScalarType type)
        {
            var buffer = empty(shape, type);
            return (isPinned ? buffer.pin_memory() : buffer).DetachFromDisposeScope();
        }

        CropBuffer = Buffer([size, crop, crop, 3], pixels);
        ShiftBuffer = Buffer([size, 3], ScalarType.Float32);
        LabelBuffer = Buffer([size], ScalarType.Int64);
    }

    /// <summary>Number of crops here.</summary>
    public int Count { get; internal set; }

    /// <summary>Which rows of the whole batch they are, without the next one.</summary>
    public BatchRows Rows { get; internal set; }

    internal Tensor CropBuffer { get; }

    internal Tensor ShiftBuffer { get; }

    internal Tensor LabelBuffer { get; }

    /// <summary>[count,crop,crop,3] (channels last), 0..255, a view of the buffer.</summary>
    public Tensor Pixels() => CropBuffer.narrow(0, 0, Count);

    /// <summary>[count,3], to add to all pixels of each crop, a view of the buffer.</summary>
    public Tensor Shifts() => ShiftBuffer.narrow(0, 0, Count);

    /// <summary>[count] class indices, a view of the buffer.</summary>
    public Tensor Labels() => LabelBuffer.narrow(0, 0, Count);

    public void Dispose()
    {
        CropBuffer.Dispose();
        ShiftBuffer.Dispose();
        LabelBuffer.Dispose();
    }
}
