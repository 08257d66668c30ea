using System.Diagnostics;
using System.Net;
using AlexNetService.Imaging;
using AlexNetService.Inference.Catalog;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.OpenInference;

/// <summary>Answers inference requests through the same queue as all other photographs.</summary>
public sealed class TensorInference(
    InferenceEngine engine,
    ProtocolCatalog models,
    InferenceStatistics statistics,
    OpenInferenceOptions options,
    QueueOptions queue,
    TimeProvider time)
{
    private const int ExpiredSeconds = 1;
    private const int StoppingSeconds = 5;

    // A value of an answer as a float, in the engine and here, and as JSON.
    private const long BytesOfAValue = 24;

    /// <summary>Finds the model of a request, checks the request against it, runs it and counts it.</summary>
    /// <param name="catalog">The models. The one that is found stays loaded until the task is done.</param>
    /// <param name="name">Name of a model or an ensemble.</param>
    /// <param name="version">Its version, or null for the one that is served.</param>
    /// <param name="call">The request, whose body has arrived: a slow upload must not keep a replaced model in memory.</param>
    /// <param name="begun">When the request began, a timestamp.</param>
    /// <param name="cancellation">Takes the request out of the queue.</param>
    /// <exception cref="OperationCanceledException">The caller left before the request ran.</exception>
    public async Task<Result<InferResponse, ProtocolError>> RunAsync(
        ModelCatalog catalog, string name, string? version, InferCall call, long begun, CancellationToken cancellation)
    {
        using var lease = catalog.Enter();
        if (!models.Find(lease.Snapshot, name, version).TryGet(out var model, out var error))
        {
            return error;
        }

        InferResponse? answer = null;
        try
        {
            var result = await RunAsync(call, model, cancellation);
            result.TryGet(out answer, out _);
            return result;
        }
        finally
        {
            statistics.Add(model, answer, time.GetElapsedTime(begun));
        }
    }

    private async Task<Result<InferResponse, ProtocolError>> RunAsync(InferCall call, ProtocolModel model, CancellationToken cancellation)
    {
        IReadOnlyList<InferenceResult> results = [];
        try
        {
            var request = CheckedRequest.Of(call, model, queue.PerRequest, options.MaxPictures);
            call.Reserve(BytesOfAValue * request.Rows * request.Outputs.Sum(output => (long)output.Output.Values));
            results = await RunAsync(request, model.Ensemble, cancellation);
            return Answer(call.Request.Id, request, model, results);
        }
        catch (TensorException e)
        {
            return ProtocolError.Invalid(e.Message);
        }
        finally
        {
            foreach (var result in results)
            {
                result.Dispose();
            }
        }
    }

    private async Task<IReadOnlyList<InferenceResult>> RunAsync(
        CheckedRequest request, Ensemble ensemble, CancellationToken cancellation)
    {
        var deadline = Deadline(request.Deadline);
        return request.Photographs is { } photographs
            ? await engine.RunAsync(
            [
                .. photographs.Select(file => new PhotographRequest(file, ensemble, request.Views)
                {
                    Deadline = deadline,
                    Cancellation = cancellation,
                }),
            ])
            :
            [
                await engine.RunAsync(new CropRequest(request.Crops, ensemble)
                {
                    Outputs = request.Outputs.Aggregate((OutputKinds)0, (kinds, output) => kinds | output.Output.Kind),
                    Deadline = deadline,
                    Cancellation = cancellation,
                }),
            ];
    }

    /// <summary>The request's own time, unless the queue's is shorter; null means the queue's.</summary>
    private TimeSpan? Deadline(TimeSpan? own) =>
        queue.DeadlineMs > 0 && own?.TotalMilliseconds > queue.DeadlineMs ? null : own;

    /// <summary>Joins the rows of all results; the first result without an answer is the error.</summary>
    private Result<InferResponse, ProtocolError> Answer(
        string? id, CheckedRequest request, ProtocolModel model, IReadOnlyList<InferenceResult> results)
    {
        var begun = time.GetTimestamp();
        var tensors = request.Outputs.Select(output => new float[request.Rows * output.Output.Values]).ToArray();
        var timing = default(InferenceTiming);
        var filled = new int[tensors.Length];
        foreach (var (element, result) in results.Index())
        {
            if (result is not InferenceResult.Answered answered)
            {
                return ErrorOf(result, element);
            }

            for (var i = 0; i < tensors.Length; i++)
            {
                var rows = answered[request.Outputs[i].Output.Kind];
                rows.CopyTo(tensors[i].AsMemory(filled[i]));
                filled[i] += rows.Length;
            }

            timing = new InferenceTiming(
                timing.Decode + answered.Timing.Decode, timing.Queue + answered.Timing.Queue, timing.Infer + answered.Timing.Infer);
        }

        var outputs = request.Outputs.Zip(
            tensors, (output, values) => ResponseOutput.Of(output, request.Rows, values, model.Ensemble.Labels));
        return new InferResponse(id, model.Name, model.Version, [.. outputs])
        {
            Rows = request.Rows,
            Timing = timing,
            OutputTime = time.GetElapsedTime(begun),
        };
    }

    private static ProtocolError ErrorOf(InferenceResult unanswered, int element) => unanswered switch
    {
        InferenceResult.Undecodable { Fault: var fault } => new ProtocolError(
            fault.Kind == DecodeFaultKind.Empty ? HttpStatusCode.BadRequest : HttpStatusCode.UnprocessableEntity,
            $"Element {element} of the tensor: {fault.Reason}"),
        InferenceResult.Refused { Reason: Refusal.Draining } => Unavailable(
            "The service is stopping. Try again in a few seconds.", StoppingSeconds),
        InferenceResult.Refused refused => Unavailable(
            "The queue is full. Try again later, or send fewer rows in a request.", refused.RetrySeconds),
        InferenceResult.NotFinite { Model: var model } => new ProtocolError(
            HttpStatusCode.InternalServerError,
            $"'{model}' answered with values that are not finite numbers. Name another model, and tell the operator."),
        InferenceResult.Expired { Waited: var waited } => Unavailable(
            FormattableString.Invariant(
                $"The request waited {waited.TotalSeconds:0.0} seconds and was not run. Try again, or send fewer rows in a request."),
            ExpiredSeconds),
        _ => throw new UnreachableException(),
    };

    private static ProtocolError Unavailable(string message, int retrySeconds) =>
        new(HttpStatusCode.ServiceUnavailable, message, retrySeconds);
}
