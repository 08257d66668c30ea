using AlexNetService.Imaging;
using AlexNetService.Inference.Batching;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.OpenInference;

/// <summary>Answers inference requests through the same queue as all other photographs.</summary>
/// <param name="photographs">Classifies photographs.</param>
/// <param name="crops">Runs caller-supplied crops.</param>
/// <param name="options">Limits for one request.</param>
/// <param name="queue">Limits the crops of a request.</param>
public sealed class TensorInference(
    PictureClassifier photographs, CropClassifier crops, OpenInferenceOptions options, QueueOptions queue)
{
    private const int QueueFullSeconds = 1;
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
            request = CheckedRequest.Of(call, model, queue.LimitCrops, options.MaxPictures);
        }
        catch (TensorException e)
        {
            return ProtocolError.Invalid(e.Message);
        }

        var tensors = request.Outputs.Select(output => new float[request.Rows * output.Output.Values]).ToArray();
        var (timing, error) = request.Photographs is { } files
            ? await ClassifyAsync(files, model.Ensemble, request.Views, tensors, cancellation)
            : await RunCropsAsync(model, request, tensors, cancellation);
        return error is not null
            ? error
            : new InferAnswer(
                model,
                call.Request.Id,
                request.Rows,
                [.. request.Outputs.Zip(tensors, (output, values) =>
                    new AnsweredTensor(output, request.Rows, values, model.Ensemble.Labels))],
                timing);
    }

    private async Task<(ClassificationTiming Timing, ProtocolError? Error)> ClassifyAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> files, Ensemble ensemble, TestViews views, float[][] tensors, CancellationToken cancellation)
    {
        var results = await photographs.ClassifyManyAsync(files, ensemble, views, deadline: null, cancellation);
        var timing = default(ClassificationTiming);
        try
        {
            for (var row = 0; row < results.Count; row++)
            {
                if (results[row] is ClassificationResult.Unanswered unanswered)
                {
                    return (default, ErrorOf(unanswered, row));
                }

                if (results[row] is ClassificationResult.Classified classified)
                {
                    Array.ForEach(tensors, tensor => classified.Probabilities.CopyTo(tensor.AsMemory(row * ensemble.Labels.Count)));
                    timing = new ClassificationTiming(
                        timing.Decode + classified.Timing.Decode,
                        timing.Queue + classified.Timing.Queue,
                        timing.Infer + classified.Timing.Infer);
                }
            }

            return (timing, null);
        }
        finally
        {
            foreach (var result in results)
            {
                result.Dispose();
            }
        }
    }

    private async Task<(ClassificationTiming Timing, ProtocolError? Error)> RunCropsAsync(
        ProtocolModel model, CheckedRequest request, float[][] tensors, CancellationToken cancellation)
    {
        if (model.Session is not { } session || request.Crops is not { } tensor)
        {
            return (default, ProtocolError.Invalid($"'{model.Name}' is an ensemble. Send photographs."));
        }

        var targets = new CropTargets
        {
            Probabilities = Target(OutputKind.Probabilities),
            Logits = Target(OutputKind.Logits),
            Features = Target(OutputKind.Features),
        };
        var (timing, unanswered) = await crops.RunAsync(session, GivenCrops.Tensor(tensor), targets, cancellation);
        return (timing, unanswered is null ? null : ErrorOf(unanswered, 0));

        Memory<float> Target(OutputKind kind) => request.Outputs.Zip(tensors)
            .FirstOrDefault(pair => pair.First.Output.Kind == kind).Second ?? default(Memory<float>);
    }

    private static ProtocolError ErrorOf(ClassificationResult.Unanswered unanswered, int element) => unanswered switch
    {
        ClassificationResult.Undecodable { Fault: var fault } => new ProtocolError(
            fault.Kind == DecodeFaultKind.Empty ? ProtocolErrorKind.InvalidRequest : ProtocolErrorKind.Undecodable,
            $"Element {element} of the tensor: {fault.Reason}"),
        ClassificationResult.Refused { Refusal: Refusal.Draining } => new ProtocolError(
            ProtocolErrorKind.Unavailable, "The service is stopping. Try again in a few seconds.", StoppingSeconds),
        ClassificationResult.Expired { Waited: var waited } => new ProtocolError(
            ProtocolErrorKind.Unavailable,
            FormattableString.Invariant(
                $"The request waited {waited.TotalSeconds:0.0} seconds and was not run. Try again, or send fewer rows in a request."),
            QueueFullSeconds),
        _ => new ProtocolError(
            ProtocolErrorKind.Unavailable, "The queue is full. Try again in a moment, or send fewer rows in a request.", QueueFullSeconds),
    };
}
