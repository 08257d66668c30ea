using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Ensembles;

namespace AlexNetService.Inference.Requests;

/// <summary>
/// A question to an ensemble: a <see cref="PhotographRequest"/>, a <see cref="CropRequest"/> or an <see cref="OcclusionRequest"/>. The
/// object itself travels through the decoder and the queue and keeps its times, so it can be run only once.
/// </summary>
public abstract class InferenceRequest
{
    private TaskCompletionSource<bool> step = new();
    private bool hasBegun;
    private int unfinished;
    private bool incomplete;
    private Exception? failure;

    private protected InferenceRequest(Ensemble ensemble, ReadOnlyMemory<byte>? photograph) =>
        (Ensemble, Photograph) = (ensemble, photograph);

    /// <summary>The models that answer. They must stay open until the request is answered.</summary>
    public Ensemble Ensemble { get; }

    /// <summary>
    /// Time until the first run must begin; null (default) is <see cref="QueueOptions.DeadlineMs"/>,
    /// <see cref="Timeout.InfiniteTimeSpan"/> is no limit. Once a run has begun, the request is finished.
    /// </summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>Takes the crops that still wait out of the queue. Crops in a run are finished.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>The encoded photograph, or null where crops were given.</summary>
    internal ReadOnlyMemory<byte>? Photograph { get; }

    /// <summary>The decoded photograph; null until it is decoded.</summary>
    internal PictureCanvases? Canvases { get; set; }

    /// <summary>When the request began, a timestamp.</summary>
    internal long Begun { get; private set; }

    /// <summary>When its first run must begin, a timestamp.</summary>
    internal long Due { get; private set; } = long.MaxValue;

    /// <summary>When its photograph was decoded, a timestamp; <see cref="Begun"/> where there is none.</summary>
    internal long Decoded { get; set; }

    /// <summary>When its first run began, a timestamp; 0 before.</summary>
    internal long Started { get; private set; }

    /// <summary>When its last run ended, a timestamp.</summary>
    internal long Finished { get; private set; }

    /// <summary>Room in the queue that the request itself holds, in crops. Guarded by the queue's lock.</summary>
    internal int Reserved { get; set; }

    /// <summary>Time that one thread needs for a crop of the reserved room.</summary>
    internal TimeSpan CropTime { get; set; }

    /// <summary>Jobs that were taken for a run. Guarded by the queue's lock.</summary>
    internal int JobsTaken { get; set; }

    /// <summary>Why it was withdrawn from the queue.</summary>
    internal Withdrawal Withdrawal { get; private set; }

    /// <summary>Cancelled when the request is withdrawn; null before its photograph is decoded.</summary>
    internal CancellationTokenSource? StopDecoding { get; set; }

    /// <summary>A model that answered with a value that is not a finite number, or null.</summary>
    internal string? NotFinite { get; set; }

    /// <summary>The jobs that wait or run: one for each model, or the next crops of many.</summary>
    internal CropJob[] Jobs { get; private set; } = [];

    /// <summary>The values that the jobs write; they become the answer.</summary>
    private protected InferenceResult.Answered? Values { get; set; }

    /// <summary>Whether more jobs follow the present ones.</summary>
    internal abstract bool HasMore { get; }

    /// <summary>
    /// Checks the request against its models and plans its steps. Of many given crops, no more than the limit are in the queue at a time.
    /// </summary>
    /// <returns>Crops in the queue at a time.</returns>
    /// <exception cref="ArgumentException">The models cannot give the answer.</exception>
    internal abstract int Plan(int limit);

    /// <summary>Makes the next jobs, while <see cref="HasMore"/> and after the previous ones have run.</summary>
    internal abstract CropJob[] Next();

    /// <summary>Makes the answer, after all jobs have run.</summary>
    internal virtual InferenceResult Answer(InferenceTiming timing)
    {
        var values = Values ?? throw new InvalidOperationException("No crops have run.");
        Values = null;
        values.Complete(Ensemble, timing);
        return values;
    }

    /// <summary>[3,side,side], 0..255, red plane first: the decoded photograph.</summary>
    private protected ReadOnlyMemory<byte> Canvas(int side) =>
        (Canvases ?? throw new InvalidOperationException("The photograph is not decoded."))[side];

    /// <summary>Gives back the memory that is not part of an answer.</summary>
    internal virtual void Release()
    {
        Values?.Dispose();
        Canvases?.Dispose();
    }

    /// <summary>Sets the times, both timestamps.</summary>
    /// <exception cref="InvalidOperationException">The request was run before.</exception>
    internal void Begin(long now, long due)
    {
        if (hasBegun)
        {
            throw new InvalidOperationException("The request was run before. Create a new one for each run.");
        }

        (hasBegun, Begun, Decoded, Due) = (true, now, now, due);
    }

    /// <summary>Sets the jobs of the next step. Completes when each of them has run or left: true where all have run.</summary>
    internal Task<bool> BeginStep(CropJob[] jobs)
    {
        (Jobs, unfinished) = (jobs, jobs.Length);
        step = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        return step.Task;
    }

    /// <summary>Sets why the request left the queue. Called under the queue's lock.</summary>
    internal void Withdraw(Withdrawal reason)
    {
        Withdrawal = reason;
        StopDecoding?.Cancel();
    }

    /// <summary>A job of the step will not run.</summary>
    internal void Leave()
    {
        incomplete = true;
        EndWork();
    }

    /// <summary>A run with a job of the step has failed.</summary>
    internal void Fail(Exception e)
    {
        failure = e;
        EndWork();
    }

    /// <summary>A job of the step has run, failed or left.</summary>
    internal void EndWork()
    {
        if (Interlocked.Decrement(ref unfinished) > 0)
        {
            return;
        }

        if (failure is not null)
        {
            step.SetException(failure);
            return;
        }

        foreach (var job in Jobs)
        {
            Started = Started == 0 ? job.Started : Math.Min(Started, job.Started);
            Finished = Math.Max(Finished, job.Finished);
        }

        step.SetResult(!incomplete);
    }
}

/// <summary>Why a request left the queue.</summary>
internal enum Withdrawal
{
    None,

    /// <summary>Its sender left.</summary>
    Cancelled,

    /// <summary>Its deadline passed before a run had begun.</summary>
    Expired,

    /// <summary>The engine was stopped and could not wait any longer.</summary>
    Stopped,
}
