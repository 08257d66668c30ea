using AlexNetService.Api.Classify;
using Microsoft.AspNetCore.Mvc;

namespace AlexNetService.Api.Batch;

/// <summary>What photographs show.</summary>
/// <param name="Results">One for each photograph, in the order they were sent.</param>
/// <param name="Models">The models that answered.</param>
/// <param name="Crops">Crops that were averaged, 1 or 10.</param>
/// <param name="Timing">Where the time went.</param>
/// <param name="RequestId">Names this request in the service's log.</param>
internal sealed record BatchAnswer(
    IReadOnlyList<BatchResult> Results, IReadOnlyList<MemberAnswer> Models, int Crops, BatchTiming Timing, string RequestId);

/// <summary>What one photograph shows, or why nobody knows: either predictions or an error is there.</summary>
/// <param name="Name">The file's name as it was sent, or <c>images[place]</c>.</param>
/// <param name="Predictions">The most probable classes, most probable first.</param>
/// <param name="Models">Each member's own most probable classes, where <c>detail</c> was asked for.</param>
/// <param name="Error">Why it has no answer, with the status it would have got alone.</param>
internal sealed record BatchResult(
    string Name, IReadOnlyList<RankedPrediction>? Predictions, IReadOnlyList<MemberAnswer>? Models, ProblemDetails? Error);

/// <summary>Where the time of a batch went, in milliseconds.</summary>
/// <param name="ReadMs">Reading the body.</param>
/// <param name="ClassifyMs">From the place in the queue to the last photograph's answer.</param>
/// <param name="TotalMs">From the request's headers to its answer.</param>
internal sealed record BatchTiming(double ReadMs, double ClassifyMs, double TotalMs)
{
    public static BatchTiming Of(TimeSpan total, TimeSpan classify) =>
        new(Milliseconds(total - classify), Milliseconds(classify), Milliseconds(total));

    private static double Milliseconds(TimeSpan span) => Math.Round(span.TotalMilliseconds, 2);
}
