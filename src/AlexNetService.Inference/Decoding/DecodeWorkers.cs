using System.Collections.Concurrent;
using AlexNetService.Imaging;
using AlexNetService.Inference.Diagnostics;
using AlexNetService.Inference.Requests;

namespace AlexNetService.Inference.Decoding;

/// <summary>
/// A fixed number of threads that decode photographs, fed by a bounded queue that refuses. One more thread decodes the large ones, so that
/// the others need not wait for them.
/// </summary>
internal sealed class DecodeWorkers : IDisposable
{
    // One pixel: enough to load the native decoders.
    private static readonly byte[] SmallestGif = Convert.FromBase64String("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7");

    // About 0.1 s of one core.
    private const long SmallPixels = 8_000_000;
    private const long SmallMemory = 32 << 20;

    private readonly TimeProvider time;
    private readonly InferenceMeters? meters;
    private readonly BlockingCollection<Job> jobs;
    private readonly BlockingCollection<Job> largeJobs = [];
    private readonly Thread[] threads;
    private readonly Thread largeThread;

    /// <summary>Starts the threads.</summary>
    public DecodeWorkers(DecodingOptions options, TimeProvider time, InferenceMeters? meters)
    {
        (this.time, this.meters) = (time, meters);
        var limits = new DecodeLimits { MaxPixels = options.MaxPixels, MaxMemory = options.MaxMemory };
        var smallLimits = new DecodeLimits
        {
            MaxPixels = Math.Min(SmallPixels, options.MaxPixels),
            MaxMemory = Math.Min(SmallMemory, options.MaxMemory),
        };
        jobs = new BlockingCollection<Job>(options.QueueLimit);
        threads = new Thread[options.Threads == 0 ? Environment.ProcessorCount : options.Threads];
        for (var i = 0; i < threads.Length; i++)
        {
            threads[i] = Start($"decode {i}", () => Work(jobs, smallLimits, largeJobs));
        }

        largeThread = Start("decode large", () => Work(largeJobs, limits, whereLarge: null));
    }

    /// <summary>Decodes a very small picture for distinct canvas sides and drops it.</summary>
    public static void Warm(IReadOnlyList<int> sides)
    {
        if (PictureCanvases.TryDecode(SmallestGif, sides, DecodeLimits.Default, out var canvases, out _))
        {
            canvases.Dispose();
        }
    }

    /// <summary>Queues a request's photograph; null where too many wait.</summary>
    /// <returns>
    /// Why it cannot be decoded; null where the request has its canvases, or was withdrawn: then its decoding ends after the rows in work.
    /// No thread reads the bytes once the task is done.
    /// </returns>
    public Task<DecodeFault?>? DecodeAsync(InferenceRequest request)
    {
        request.StopDecoding = new CancellationTokenSource();
        var job = new Job(request, new TaskCompletionSource<DecodeFault?>(TaskCreationOptions.RunContinuationsAsynchronously));
        return !jobs.IsAddingCompleted && jobs.TryAdd(job, millisecondsTimeout: 0, CancellationToken.None) ? job.Done.Task : null;
    }

    /// <summary>Decodes what waits, then ends the threads.</summary>
    public void Dispose()
    {
        jobs.CompleteAdding();
        Array.ForEach(threads, thread => thread.Join());
        largeJobs.CompleteAdding();
        largeThread.Join();
        jobs.Dispose();
        largeJobs.Dispose();
    }

    private static Thread Start(string name, ThreadStart work)
    {
        var thread = new Thread(work) { IsBackground = true, Name = name };
        thread.Start();
        return thread;
    }

    private void Work(BlockingCollection<Job> waiting, DecodeLimits limits, BlockingCollection<Job>? whereLarge)
    {
        foreach (var job in waiting.GetConsumingEnumerable())
        {
            try
            {
                Decode(job, limits, whereLarge);
            }
            catch (OperationCanceledException)
            {
                job.Done.SetResult(null);
            }
            catch (Exception e)
            {
                // Handed to whoever awaits the photograph; the thread serves everybody.
                job.Done.SetException(e);
            }
        }
    }

    /// <summary>Decodes a photograph, or passes it on if it exceeds the limits and there is a queue for large ones.</summary>
    private void Decode(Job job, DecodeLimits limits, BlockingCollection<Job>? whereLarge)
    {
        var (request, begun) = (job.Request, time.GetTimestamp());
        if (request.Withdrawal != Withdrawal.None)
        {
            job.Done.SetResult(null);
            return;
        }

        _ = PictureCanvases.TryDecode(
            request.Photograph ?? default,
            request.Ensemble.CanvasSides,
            limits,
            out var canvases,
            out var fault,
            request.StopDecoding?.Token ?? default);
        if (whereLarge is not null && fault is { Kind: DecodeFaultKind.TooManyPixels or DecodeFaultKind.TooCostly })
        {
            // No more can wait there than have room in the queue of crops.
            whereLarge.Add(job, CancellationToken.None);
            return;
        }

        request.Canvases = canvases;
        meters?.Decoded(time.GetElapsedTime(begun));
        job.Done.SetResult(fault);
    }

    private readonly record struct Job(InferenceRequest Request, TaskCompletionSource<DecodeFault?> Done);
}
