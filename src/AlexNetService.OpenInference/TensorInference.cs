using System.Diagnostics;
using System.Net;
using AlexNetService.Imaging;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.OpenInference;

/// <summary>Answers inference requests through the same queue as all other photographs.</summary>
public sealed class TensorInference(InferenceEngine engine, OpenInferenceOptions options, QueueOptions queue)
{
    private const int ExpiredSeconds = 1;
    private const int StoppingSeconds = 5;

    // A value of an answer as a float, in the engine and here, and as JSON.
    private const long BytesOfAValue = 24;

    /// <summary>Checks a request against its model, which must stay loaded until the task is done, and runs it.</summary>
    /// <exception cref="OperationCanceledException">The caller left before the request ran.</exception>
    public async Task<Result<InferResponse, ProtocolError>> RunAsync(InferCall call, ProtocolModel model, CancellationToken cancellation)
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
        CheckedRequest request, Ensemble ensemble, CancellationToken cancellation) =>
        request.Photographs is { } photographs
            ? await engine.RunAsync(
                [.. photographs.Select(file => new PhotographRequest(file, ensemble, request.Views) { Cancellation = cancellation })])
            :
            [
                await engine.RunAsync(new CropRequest(request.Crops, ensemble)
                {
                    Outputs = request.Outputs.Aggregate((OutputKinds)0, (kinds, output) => kinds | output.Output.Kind),
                    Cancellation = cancellation,
                }),
            ];

    /// <summary>Joins the rows of all results; the first result without an answer is the error.</summary>
    private static Result<InferResponse, ProtocolError> Answer(
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

        var outputs = request.Outputs.Zip(
            tensors, (output, values) => ResponseOutput.Of(output, request.Rows, values, model.Ensemble.Labels));
        return new InferResponse(id, model.Name, model.Version, [.. outputs]) { Rows = request.Rows, Timing = timing };
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
