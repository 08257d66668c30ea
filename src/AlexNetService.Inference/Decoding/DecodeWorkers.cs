using System.Collections.Concurrent;
using AlexNetService.Imaging;
using AlexNetService.Inference.Diagnostics;
using AlexNetService.Inference.Requests;

namespace AlexNetService.Inference.Decoding;

/// <summary>A fixed number of threads that decode photographs, fed by a bounded queue that refuses.</summary>
internal sealed class DecodeWorkers : IDisposable
{
    // One pixel: enough to load the native decoders.
    private static readonly byte[] SmallestGif = Convert.FromBase64String("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7");

    private readonly DecodeLimits limits;
    private readonly TimeProvider time;
    private readonly InferenceMeters? meters;
    private readonly BlockingCollection<(InferenceRequest Request, TaskCompletionSource<DecodeFault?> Done)> jobs;
    private readonly Thread[] threads;

    /// <summary>Starts the threads.</summary>
    public DecodeWorkers(DecodingOptions options, TimeProvider time, InferenceMeters? meters)
    {
        (this.time, this.meters) = (time, meters);
        limits = new DecodeLimits { MaxPixels = options.MaxPixels, MaxMemory = options.MaxMemory };
        jobs = new BlockingCollection<(InferenceRequest, TaskCompletionSource<DecodeFault?>)>(options.QueueLimit);
        threads = new Thread[options.Threads == 0 ? Environment.ProcessorCount : options.Threads];
        for (var i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(Work) { IsBackground = true, Name = $"decode {i}" };
            threads[i].Start();
        }
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
    /// Why it cannot be decoded; null where the request has its canvases, or was withdrawn: then its decoding ends after the rows in work. No
    /// thread reads the bytes once the task is done.
    /// </returns>
    public Task<DecodeFault?>? DecodeAsync(InferenceRequest request)
    {
        request.StopDecoding = new CancellationTokenSource();
        var done = new TaskCompletionSource<DecodeFault?>(TaskCreationOptions.RunContinuationsAsynchronously);
        return !jobs.IsAddingCompleted && jobs.TryAdd((request, done), millisecondsTimeout: 0, CancellationToken.None) ? done.Task : null;
    }

    /// <summary>Decodes what waits, then ends the threads.</summary>
    public void Dispose()
    {
        jobs.CompleteAdding();
        Array.ForEach(threads, thread => thread.Join());
        jobs.Dispose();
    }

    private void Work()
    {
        foreach (var (request, done) in jobs.GetConsumingEnumerable())
        {
            try
            {
                done.SetResult(request.Withdrawal == Withdrawal.None ? Decode(request) : null);
            }
            catch (OperationCanceledException)
            {
                done.SetResult(null);
            }
            catch (Exception e)
            {
                // Handed to whoever awaits the photograph; the thread serves everybody.
                done.SetException(e);
            }
        }
    }

    private DecodeFault? Decode(InferenceRequest request)
    {
        var begun = time.GetTimestamp();
        _ = PictureCanvases.TryDecode(
            request.Photograph ?? default, request.Ensemble.CanvasSides, limits, out var canvases, out var fault, request.StopDecoding?.Token ?? default);
        meters?.Decoded(time.GetElapsedTime(begun));
        request.Canvases = canvases;
        return fault;
    }
}
