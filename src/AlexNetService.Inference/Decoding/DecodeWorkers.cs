using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using AlexNetService.Inference.Diagnostics;

namespace AlexNetService.Inference.Decoding;

/// <summary>A fixed number of threads that decode photographs, fed by a bounded queue that refuses.</summary>
public sealed class DecodeWorkers : IDisposable
{
    private readonly DecodingOptions options;
    private readonly TimeProvider time;
    private readonly InferenceMeters? meters;
    private readonly BlockingCollection<Job> jobs;
    private readonly Thread[] threads;

    /// <summary>Starts the threads.</summary>
    /// <param name="options">Threads and limits.</param>
    /// <param name="time">Where timestamps come from; null is the system's.</param>
    /// <param name="meters">Told how long decoding takes, or null.</param>
    public DecodeWorkers(DecodingOptions options, TimeProvider? time = null, InferenceMeters? meters = null)
    {
        this.options = options;
        this.time = time ?? TimeProvider.System;
        this.meters = meters;
        jobs = new BlockingCollection<Job>(options.QueueLimit);
        threads = new Thread[options.Threads == 0 ? Environment.ProcessorCount : options.Threads];
        for (var i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(Work) { IsBackground = true, Name = $"decode {i}" };
            threads[i].Start();
        }
    }

    /// <summary>Queues a photograph, or refuses at once where too many wait.</summary>
    /// <param name="encoded">The file's bytes; must stay as they are until the task is done.</param>
    /// <param name="sides">Distinct canvas sides, in pixels.</param>
    /// <param name="cancellation">Checked when a thread takes the photograph up; decoding itself is not interrupted.</param>
    /// <param name="decoding">The canvases or the fault; ends only when no thread reads the bytes any more.</param>
    public bool TryDecode(
        ReadOnlyMemory<byte> encoded,
        IReadOnlyList<int> sides,
        CancellationToken cancellation,
        [NotNullWhen(true)] out Task<PictureResult>? decoding)
    {
        var job = new Job(encoded, sides, cancellation);
        decoding = !jobs.IsAddingCompleted && jobs.TryAdd(job, millisecondsTimeout: 0, CancellationToken.None) ? job.Done.Task : null;
        return decoding is not null;
    }

    /// <summary>Decodes what waits, then ends the threads.</summary>
    public void Dispose()
    {
        jobs.CompleteAdding();
        foreach (var thread in threads)
        {
            thread.Join();
        }

        jobs.Dispose();
    }

    private void Work()
    {
        foreach (var job in jobs.GetConsumingEnumerable())
        {
            if (job.Cancellation.IsCancellationRequested)
            {
                job.Done.SetCanceled(job.Cancellation);
                continue;
            }

            try
            {
                var begun = time.GetTimestamp();
                var result = PictureCanvases.Decode(job.Encoded, job.Sides, options.MaxPixels);
                meters?.Decoded(time.GetElapsedTime(begun));
                job.Done.SetResult(result);
            }
            catch (Exception e)
            {
                // Handed to whoever awaits the photograph; the thread belongs to all of them.
                job.Done.SetException(e);
            }
        }
    }

    private sealed record Job(ReadOnlyMemory<byte> Encoded, IReadOnlyList<int> Sides, CancellationToken Cancellation)
    {
        public TaskCompletionSource<PictureResult> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
