using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Diagnostics;
using AlexNetService.Inference.Ensembles;

namespace AlexNetService.Inference.Requests;

/// <summary>
/// Answers requests: reserves room in the queue, decodes the photograph, runs the crops, makes the answer. Room comes first, so that an
/// overloaded service refuses before it decodes.
/// </summary>
public sealed class InferenceEngine : IAsyncDisposable
{
    private readonly QueueOptions options;
    private readonly TimeProvider time;
    private readonly InferenceMeters? meters;
    private readonly DecodeWorkers decoders;

    /// <summary>Starts the decoding threads, and one thread that runs crops.</summary>
    public InferenceEngine(QueueOptions queue, DecodingOptions decoding, TimeProvider time, InferenceMeters? meters = null)
    {
        (options, this.time, this.meters) = (queue, time, meters);
        Queue = new CropQueue(queue, time, meters);
        decoders = new DecodeWorkers(decoding, time, meters);
        meters?.Watch(this);
    }

    /// <summary>Requests that were accepted and are not answered yet; photographs that are run together count as one.</summary>
    public int InflightCount => Queue.InflightCount;

    /// <summary>Crops that wait, or for which room is reserved.</summary>
    public int WaitingCrops => Queue.WaitingCrops;

    /// <summary>How long a request that comes now would wait until it could begin, as far as that is known.</summary>
    public TimeSpan Wait => Queue.Wait;

    internal CropQueue Queue { get; }

    /// <summary>
    /// Allows several runs at a time; the sessions must have been opened for that many, see
    /// <see cref="Sessions.RuntimeOptions.ConcurrentRuns"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than before.</exception>
    public void SetConcurrency(int runs) => Queue.SetConcurrency(runs);

    /// <summary>Loads the native decoders for an ensemble's canvases, so that no request waits for them.</summary>
    public static void WarmDecoder(Ensemble ensemble) => DecodeWorkers.Warm(ensemble.CanvasSides);

    /// <summary>Refuses a request before its photograph is read, if there is no room for any; otherwise null.</summary>
    public InferenceResult.Refused? RefuseEarly() =>
        Queue.HasRoom(crops: 1) ? null : Refuse(Refusal.QueueFull);

    /// <summary>Answers a request, which can be run once. The result is the answer, or why there is none; dispose it.</summary>
    /// <exception cref="ArgumentException">The models cannot give what the request asks for.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled before all of its crops were in a run.</exception>
    public async Task<InferenceResult> RunAsync(InferenceRequest request)
    {
        var crops = request.Plan(options.PerRequest);
        var cropTime = request.Ensemble.CropTime;
        if (Queue.Reserve(crops, crops * cropTime) is { } refusal)
        {
            return Refuse(refusal);
        }

        (request.Reserved, request.CropTime) = (crops, cropTime);
        try
        {
            return await AnswerAsync(request);
        }
        finally
        {
            Queue.Release(request.Reserved, request.Reserved * cropTime);
        }
    }

    /// <summary>
    /// Answers many photographs of one sender. About one run of them is in the queue at a time, so that other senders wait for one run,
    /// not for all. A photograph that cannot be decoded fails alone; each one's deadline begins with its own turn.
    /// </summary>
    /// <param name="requests">The requests, for the same models.</param>
    /// <returns>A result for each, in order; dispose them. Where there is no room for the first ones, all are refused.</returns>
    /// <exception cref="ArgumentException">The models cannot give what a request asks for.</exception>
    /// <exception cref="OperationCanceledException">A request was cancelled before all of its crops were in a run.</exception>
    public async Task<IReadOnlyList<InferenceResult>> RunAsync(IReadOnlyList<PhotographRequest> requests)
    {
        if (requests.Count == 0)
        {
            return [];
        }

        var crops = requests.Max(request => request.Plan(options.PerRequest));
        var together = Math.Min(requests.Count, Math.Max(1, Math.Min(
            requests.Min(request => request.Ensemble.MaxCropsPerRun / (int)request.Views), options.PerRequest / crops)));
        var cost = together * crops * requests[0].Ensemble.CropTime;
        if (Queue.Reserve(together * crops, cost) is { } refusal)
        {
            return [.. requests.Select(_ => Refuse(refusal))];
        }

        var (results, next) = (new InferenceResult[requests.Count], -1);
        try
        {
            await Task.WhenAll(Enumerable.Range(0, together).Select(_ => AnswerInTurnAsync()));
            return results;
        }
        catch
        {
            foreach (var result in results)
            {
                result?.Dispose();
            }

            throw;
        }
        finally
        {
            Queue.Release(together * crops, cost);
        }

        async Task AnswerInTurnAsync()
        {
            while (Interlocked.Increment(ref next) is var mine && mine < results.Length)
            {
                results[mine] = await AnswerAsync(requests[mine]);
            }
        }
    }

    /// <summary>
    /// Finishes what was accepted, refuses what comes, and ends the threads that run crops. Cancellation ends the waiting: what no run has
    /// begun with is refused.
    /// </summary>
    public Task StopAsync(CancellationToken cancellation) => Queue.StopAsync(cancellation);

    /// <summary>Finishes what was accepted, and ends all threads.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        decoders.Dispose();
    }

    private async Task<InferenceResult> AnswerAsync(InferenceRequest request)
    {
        var deadline = request.Deadline ?? options.Deadline;
        var now = time.GetTimestamp();
        var isEndless = deadline == Timeout.InfiniteTimeSpan;
        request.Begin(now, isEndless ? long.MaxValue : now + (long)(deadline.TotalSeconds * time.TimestampFrequency));
        using var expiry = isEndless
            ? null
            : time.CreateTimer(_ => Queue.Withdraw(request, Withdrawal.Expired), null, deadline, Timeout.InfiniteTimeSpan);
        using var leaving = request.Cancellation.UnsafeRegister(_ => Queue.Withdraw(request, Withdrawal.Cancelled), null);
        try
        {
            return await DecodeAsync(request) ?? await RunStepsAsync(request);
        }
        finally
        {
            request.Release();
        }
    }

    /// <summary>Decodes the photograph, where there is one; null where the request can go on.</summary>
    private async Task<InferenceResult?> DecodeAsync(InferenceRequest request)
    {
        if (request.Photograph is null)
        {
            return null;
        }

        if (decoders.DecodeAsync(request) is not { } decoding)
        {
            return Refuse(Refusal.QueueFull);
        }

        var fault = await decoding;
        request.Decoded = time.GetTimestamp();
        return fault is not null ? new InferenceResult.Undecodable(fault)
            : request.Canvases is null ? Unanswered(request)
            : null;
    }

    private async Task<InferenceResult> RunStepsAsync(InferenceRequest request)
    {
        for (var isFirst = true; request.HasMore; isFirst = false)
        {
            if (!await Queue.RunAsync(request))
            {
                return Unanswered(request);
            }

            InferenceTraces.Write(time, request, isFirst);
            if (request.NotFinite is { } model)
            {
                meters?.NotFinite();
                return new InferenceResult.NotFinite(model);
            }
        }

        var result = request.Answer(new InferenceTiming(
            time.GetElapsedTime(request.Begun, request.Decoded),
            time.GetElapsedTime(request.Decoded, request.Started),
            time.GetElapsedTime(request.Started, request.Finished)));

        if (request is PhotographRequest && result is InferenceResult.Answered { Probabilities.IsEmpty: false } answered)
        {
            meters?.Predicted(request.Ensemble, answered);
        }

        return result;
    }

    private InferenceResult Unanswered(InferenceRequest request)
    {
        switch (request.Withdrawal)
        {
            case Withdrawal.Cancelled:
                meters?.Cancelled();
                throw new OperationCanceledException(request.Cancellation);
            case Withdrawal.Expired:
                meters?.Expired();
                return new InferenceResult.Expired(time.GetElapsedTime(request.Begun));
            default:
                return Refuse(Refusal.Draining);
        }
    }

    private InferenceResult.Refused Refuse(Refusal reason)
    {
        meters?.Refused(reason);
        return new InferenceResult.Refused(reason, reason == Refusal.QueueFull ? Queue.Wait : TimeSpan.Zero);
    }
}
