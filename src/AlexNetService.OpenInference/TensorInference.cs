using System.Diagnostics;
using AlexNetService.Imaging;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.OpenInference;

/// <summary>Answers inference requests through the same queue as all other photographs.</summary>
/// <param name="engine">Runs the requests.</param>
/// <param name="options">Limits for one request.</param>
/// <param name="queue">Limits the crops of a request.</param>
public sealed class TensorInference(InferenceEngine engine, OpenInferenceOptions options, QueueOptions queue)
{
    private const int ExpiredSeconds = 1;
    private const int StoppingSeconds = 5;

    /// <summary>Checks a request against its model and runs it.</summary>
    /// <param name="call">The request.</param>
    /// <param name="model">The model, which must stay loaded until the task is done.</param>
    /// <param name="cancellation">Cancelled when the caller has left.</param>
    /// <exception cref="OperationCanceledException">The caller left before the request ran.</exception>
    public async Task<Result<InferAnswer, ProtocolError>> RunAsync(InferCall call, ProtocolModel model, CancellationToken cancellation)
    {
        CheckedRequest request;
        try
        {
            request = CheckedRequest.Of(call, model, queue.PerRequest, options.MaxPictures);
        }
        catch (TensorException e)
        {
            return ProtocolError.Invalid(e.Message);
        }

        var results = await RunAsync(request, model.Ensemble, cancellation);
        try
        {
            return Answer(call.Request.Id, request, model, results);
        }
        finally
        {
            foreach (var result in results)
            {
                result.Dispose();
            }
        }
    }

    private async Task<IReadOnlyList<InferenceResult>> RunAsync(CheckedRequest request, Ensemble ensemble, CancellationToken cancellation)
    {
        if (request.Photographs is { } photographs)
        {
            return await engine.RunAsync(
                [.. photographs.Select(file => new PhotographRequest(file, ensemble, request.Views) { Cancellation = cancellation })]);
        }

        return
        [
            await engine.RunAsync(new CropRequest(request.Crops, ensemble)
            {
                Outputs = request.Outputs.Aggregate((OutputKinds)0, (kinds, output) => kinds | output.Output.Kind),
                Cancellation = cancellation,
            }),
        ];
    }

    /// <summary>Joins the rows of all results; the first result without an answer is the error.</summary>
    private static Result<InferAnswer, ProtocolError> Answer(
        string? id, CheckedRequest request, ProtocolModel model, IReadOnlyList<InferenceResult> results)
    {
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

        return new InferAnswer(
            model,
            id,
            request.Rows,
            [.. request.Outputs.Zip(tensors, (output, values) => new AnsweredTensor(output, request.Rows, values, model.Ensemble.Labels))],
            timing);
    }

    private static ProtocolError ErrorOf(InferenceResult unanswered, int element) => unanswered switch
    {
        InferenceResult.Undecodable { Fault: var fault } => new ProtocolError(
            fault.Kind == DecodeFaultKind.Empty ? ProtocolErrorKind.InvalidRequest : ProtocolErrorKind.Undecodable,
            $"Element {element} of the tensor: {fault.Reason}"),
        InferenceResult.Refused { Reason: Refusal.Draining } => new ProtocolError(
            ProtocolErrorKind.Unavailable, "The service is stopping. Try again in a few seconds.", StoppingSeconds),
        InferenceResult.Refused refused => new ProtocolError(
            ProtocolErrorKind.Unavailable,
            "The queue is full. Try again later, or send fewer rows in a request.",
            refused.RetrySeconds),
        InferenceResult.Expired { Waited: var waited } => new ProtocolError(
            ProtocolErrorKind.Unavailable,
            FormattableString.Invariant(
                $"The request waited {waited.TotalSeconds:0.0} seconds and was not run. Try again, or send fewer rows in a request."),
            ExpiredSeconds),
        _ => throw new UnreachableException(),
    };
}
