using AlexNetService.Api.Classify;
using AlexNetService.Api.Models;
using AlexNetService.Api.Problems;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;

namespace AlexNetService.Api.Batch;

/// <summary>The photographs of one request on their way through the models.</summary>
/// <param name="ensemble">The models.</param>
/// <param name="settings">How they are classified.</param>
/// <param name="served">Says why photographs were refused.</param>
/// <param name="options">Limits that the problems name.</param>
internal sealed class ClassifiedBatch(Ensemble ensemble, ClassifySettings settings, ServedModels served, ClassifyOptions options)
{
    /// <summary>Why nothing was classified at all, where the queue had no room for the first one; otherwise null.</summary>
    public Problem? Refusal { get; private set; }

    /// <summary>Classifies them.</summary>
    /// <param name="pictures">The photographs; must stay until the task is done.</param>
    /// <param name="engine">Classifies those that were read.</param>
    /// <param name="cancellation">Takes out those whose turn has not come.</param>
    /// <returns>One for each photograph, in order.</returns>
    public async Task<IReadOnlyList<BatchResult>> RunAsync(
        IReadOnlyList<BatchPicture> pictures, InferenceEngine engine, CancellationToken cancellation)
    {
        var classified = await engine.RunAsync(
        [
            .. pictures.Select(picture => picture.Encoded).OfType<EncodedPicture>().Select(read =>
                new PhotographRequest(read.Bytes, ensemble, settings.Views) { Cancellation = cancellation }),
        ]);
        try
        {
            if (classified.Count > 0 && classified.All(result => result is InferenceResult.Refused))
            {
                Refusal = ClassifyProblems.Of(classified[0], served);
                return [];
            }

            var next = 0;
            return
            [
                .. pictures.Select(picture => picture.Encoded is null
                    ? Failed(picture, ClassifyProblems.Of(picture.Fault ?? PictureBodyFault.NoPicture, options))
                    : Answer(picture, classified[next++])),
            ];
        }
        finally
        {
            foreach (var result in classified)
            {
                result.Dispose();
            }
        }
    }

    private BatchResult Answer(BatchPicture picture, InferenceResult result) => result is InferenceResult.Answered classified
        ? new BatchResult(
            picture.Name,
            RankedPrediction.Top(classified.Probabilities.Span, ensemble, settings.Top),
            settings.Detail ? MemberAnswer.Of(ensemble, classified, settings.Top) : null,
            Error: null)
        : Failed(picture, ClassifyProblems.Of(result, served));

    private static BatchResult Failed(BatchPicture picture, Problem problem) =>
        new(picture.Name, Predictions: null, Models: null, problem.Details);
}
