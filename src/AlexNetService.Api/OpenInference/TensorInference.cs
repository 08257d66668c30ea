using AlexNetService.Api.Models;
using AlexNetService.Api.Problems;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.OpenInference;

/// <summary>Answers tensors: through the same queue as everybody's photographs.</summary>
internal sealed class TensorInference(
    InferenceEngine engine,
    ServedModels served,
    IOptions<OpenInferenceOptions> options,
    IOptions<QueueOptions> queue)
{
    /// <summary>Runs what was sent.</summary>
    /// <param name="body">The request.</param>
    /// <param name="model">The model, held until the answer is written.</param>
    /// <param name="cancellation">The sender left.</param>
    /// <returns>Exactly one of the two.</returns>
    /// <exception cref="TensorException">The request is not what the model takes.</exception>
    public async Task<(InferredRows? Rows, Problem? Problem)> RunAsync(InferBody body, InferenceModel model, CancellationToken cancellation)
    {
        var sent = SentTensor.Of(body, model, queue.Value.LimitCrops, options.Value.MaxPictures);
        var parameter = body.Request.Parameters?.Crops;
        if (sent.Photographs is { } photographs)
        {
            var views = (TestViews)(parameter ?? (int)TestViews.Ten);
            return Enum.IsDefined(views)
                ? await PicturesAsync(photographs, model, WantedOutput.Of(body.Request, [model.Outputs[0]]), views, cancellation)
                : throw new TensorException($"crops is {parameter}; use 1 (centre) or 10 (corners, centre and their mirrors).");
        }

        var wanted = WantedOutput.Of(body.Request, model.Outputs);
        return parameter is null && model.Session is { } session && sent.Crops is { } tensor
            ? await CropsAsync(session, tensor, sent.Rows, wanted, cancellation)
            : throw new TensorException("crops is a parameter for photographs; crops that are sent are each answered by a row. Leave it out.");
    }

    private async Task<(InferredRows? Rows, Problem? Problem)> PicturesAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> photographs,
        InferenceModel model,
        IReadOnlyList<WantedOutput> wanted,
        TestViews views,
        CancellationToken cancellation)
    {
        var results = await engine.RunAsync(
            [.. photographs.Select(bytes => new PhotographRequest(bytes, model.Ensemble, views) { Cancellation = cancellation })]);
        var (classes, timing) = (model.Ensemble.Labels.Count, default(InferenceTiming));
        var values = new float[results.Count * classes];
        try
        {
            for (var row = 0; row < results.Count; row++)
            {
                if (results[row] is InferenceResult.Unanswered unanswered)
                {
                    return (null, OpenInferenceProblems.Of(unanswered, row, served));
                }

                if (results[row] is InferenceResult.Answered classified)
                {
                    classified.Probabilities.Span.CopyTo(values.AsSpan(row * classes));
                    timing = new InferenceTiming(
                        timing.Decode + classified.Timing.Decode, timing.Queue + classified.Timing.Queue, timing.Infer + classified.Timing.Infer);
                }
            }
        }
        finally
        {
            foreach (var result in results)
            {
                result.Dispose();
            }
        }

        return (new InferredRows(results.Count, [.. wanted.Select(output => new InferredOutput(output, values))], timing), null);
    }

    private async Task<(InferredRows? Rows, Problem? Problem)> CropsAsync(
        ModelSession session, ReadOnlyMemory<byte> tensor, int rows, IReadOnlyList<WantedOutput> wanted, CancellationToken cancellation)
    {
        using var result = await engine.RunAsync(new CropRequest(tensor, Ensemble.Alone(session))
        {
            Outputs = wanted.Aggregate((OutputKinds)0, (kinds, output) => kinds | Kind(output)),
            Cancellation = cancellation,
        });
        return result is InferenceResult.Answered answered
            ? (new InferredRows(
                rows, [.. wanted.Select(output => new InferredOutput(output, answered[Kind(output)].ToArray()))], answered.Timing), null)
            : (null, OpenInferenceProblems.Of(result, 0, served));

        static OutputKinds Kind(WantedOutput output) => output.Output.Kind switch
        {
            OutputKind.Probabilities => OutputKinds.Probabilities,
            OutputKind.Logits => OutputKinds.Logits,
            _ => OutputKinds.Features,
        };
    }
}

/// <summary>What was found out.</summary>
/// <param name="Rows">Crops or photographs.</param>
/// <param name="Outputs">What was wanted of them.</param>
/// <param name="Timing">Where the time went.</param>
internal sealed record InferredRows(int Rows, IReadOnlyList<InferredOutput> Outputs, InferenceTiming Timing);

/// <summary>A tensor of the answer.</summary>
/// <param name="Wanted">Which, and how.</param>
/// <param name="Values">[rows,values].</param>
internal sealed record InferredOutput(WantedOutput Wanted, float[] Values);
