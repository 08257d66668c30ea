using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;

namespace AlexNetService.Api.Classify;

/// <summary>What a photograph shows.</summary>
/// <param name="Predictions">The most probable classes, most probable first.</param>
/// <param name="Models">The models that answered.</param>
/// <param name="Crops">Crops that were averaged, 1 or 10.</param>
/// <param name="Timing">Where the time went.</param>
/// <param name="RequestId">Names this request in the service's log.</param>
internal sealed record ClassifyAnswer(
    IReadOnlyList<RankedPrediction> Predictions, IReadOnlyList<MemberAnswer> Models, int Crops, AnswerTiming Timing, string RequestId)
{
    public static ClassifyAnswer Of(
        InferenceResult.Answered classified, Ensemble ensemble, ClassifySettings settings, TimeSpan total, string requestId) => new(
            RankedPrediction.Top(classified.Probabilities.Span, ensemble, settings.Top),
            settings.Detail ? MemberAnswer.Of(ensemble, classified, settings.Top) : MemberAnswer.Of(ensemble),
            (int)settings.Views,
            AnswerTiming.Of(classified.Timing, total),
            requestId);
}

/// <summary>A class and how probable it is.</summary>
/// <param name="Rank">Place, from 1.</param>
/// <param name="Index">Index of the class in the models' output.</param>
/// <param name="Id">Stable identifier of the class.</param>
/// <param name="Label">What a person calls it.</param>
/// <param name="Probability">0 to 1.</param>
internal sealed record RankedPrediction(int Rank, int Index, string Id, string Label, float Probability)
{
    public static IReadOnlyList<RankedPrediction> Top(ReadOnlySpan<float> probabilities, Ensemble ensemble, int count) =>
    [
        .. Prediction.Top(probabilities, ensemble.Labels, count).Select((prediction, i) => new RankedPrediction(
            i + 1, prediction.Label.Index, prediction.Label.Id, prediction.Label.Name, prediction.Probability)),
    ];
}

/// <summary>A model that answered.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Weight">Its share in the mean, relative to the other members'.</param>
/// <param name="Predictions">Its own most probable classes, where <c>detail</c> was asked for.</param>
internal sealed record MemberAnswer(string Name, int Version, double Weight, IReadOnlyList<RankedPrediction>? Predictions)
{
    public static IReadOnlyList<MemberAnswer> Of(Ensemble ensemble) =>
        [.. ensemble.Members.Select(member => Of(member, predictions: null))];

    public static IReadOnlyList<MemberAnswer> Of(Ensemble ensemble, InferenceResult.Answered classified, int top) =>
        [.. ensemble.Members.Select((member, i) => Of(member, RankedPrediction.Top(classified.MemberProbabilities(i).Span, ensemble, top)))];

    private static MemberAnswer Of(EnsembleMember member, IReadOnlyList<RankedPrediction>? predictions) =>
        new(member.Session.Card.Name, member.Session.Card.Version, member.Weight, predictions);
}

/// <summary>Where the time went, in milliseconds.</summary>
/// <param name="DecodeMs">Decoding, waiting for a decoding thread included.</param>
/// <param name="QueueMs">Waiting for the models.</param>
/// <param name="InferMs">In the models.</param>
/// <param name="TotalMs">From the request's headers to its answer, reading the body included.</param>
internal sealed record AnswerTiming(double DecodeMs, double QueueMs, double InferMs, double TotalMs)
{
    public static AnswerTiming Of(InferenceTiming timing, TimeSpan total) =>
        new(Milliseconds(timing.Decode), Milliseconds(timing.Queue), Milliseconds(timing.Infer), Milliseconds(total));

    private static double Milliseconds(TimeSpan span) => Math.Round(span.TotalMilliseconds, 2);
}
