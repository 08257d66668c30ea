using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Api.Classify;

/// <summary>The classes of a photograph.</summary>
/// <param name="Predictions">The most probable classes, most probable first.</param>
/// <param name="Models">The models that answered.</param>
/// <param name="Crops">Crops that were averaged, 1 or 10.</param>
/// <param name="Timing">Where the time went.</param>
/// <param name="RequestId">Identifies this request in the service's log.</param>
/// <param name="Confident">
/// Whether the first prediction is so probable that such answers are right as often as <c>minConfidence</c> asks, 90 % by default; absent
/// if that was not measured for these models and this number of crops.
/// </param>
/// <param name="ExpectedError">How often answers of about this probability are wrong, 0 to 1; absent like <c>confident</c>.</param>
/// <param name="Views">What the models saw and the answer to each crop, if <c>views</c> was requested.</param>
internal sealed record ClassifyAnswer(
    IReadOnlyList<RankedPrediction> Predictions,
    IReadOnlyList<MemberAnswer> Models,
    int Crops,
    AnswerTiming Timing,
    string RequestId,
    bool? Confident,
    double? ExpectedError,
    ViewsAnswer? Views)
{
    public static ClassifyAnswer Of(
        InferenceResult.Answered answered, Ensemble ensemble, ClassifySettings settings, AnswerTiming timing, string requestId)
    {
        var predictions = RankedPrediction.Top(answered.Probabilities.Span, ensemble, settings.Top);
        var (confident, error) = ensemble.Judge(predictions[0].Probability, settings.Views, settings.MinConfidence);
        return new ClassifyAnswer(
            predictions,
            MemberAnswer.Of(ensemble, settings.Detail ? answered : null, settings.Top),
            (int)settings.Views,
            timing,
            requestId,
            confident,
            error,
            settings.WithViews ? ViewsAnswer.Of(answered, ensemble, settings.Views) : null);
    }
}

/// <summary>What the models saw, and the answer to each crop. Their mean is the answer.</summary>
/// <param name="Picture">The photograph as the first model sees it, a PNG in a data URI: its centre square, scaled.</param>
/// <param name="Canvas">Side of that picture, in pixels.</param>
/// <param name="Crop">Side of a crop, in pixels of the picture.</param>
/// <param name="Crops">The crops: the centre alone, or four corners, the centre, and their mirrors.</param>
internal sealed record ViewsAnswer(string Picture, int Canvas, int Crop, IReadOnlyList<CropAnswer> Crops)
{
    public static ViewsAnswer Of(InferenceResult.Answered answered, Ensemble ensemble, TestViews views)
    {
        var input = ensemble.Members[0].Session.Card.Preprocessing;
        var winner = Prediction.Top(answered.Probabilities.Span, ensemble.Labels, 1)[0].Label.Index;
        return new ViewsAnswer(
            OfferedTypes.DataUri(CanvasEncoder.Png(answered.Canvas.Span, input.Canvas)),
            input.Canvas,
            input.Crop,
            [.. CropViews.Of((int)views, new CropGeometry(input.Canvas, input.Crop)).Select(OfCrop)]);

        CropAnswer OfCrop(CropWindow window, int place)
        {
            var probabilities = answered.ViewProbabilities.Span.Slice(place * ensemble.Labels.Count, ensemble.Labels.Count);
            return new CropAnswer(
                window.Top, window.Left, window.Mirrored, probabilities[winner], RankedPrediction.Top(probabilities, ensemble, 1)[0]);
        }
    }
}

/// <summary>The answer to one crop: the weighted mean of the models.</summary>
/// <param name="Top">Its first row, in pixels of the canvas.</param>
/// <param name="Left">Its first column.</param>
/// <param name="Mirrored">Whether it was flipped left to right.</param>
/// <param name="Probability">Probability of the class that is most probable in the mean over all crops.</param>
/// <param name="Prediction">The most probable class of this crop alone.</param>
internal sealed record CropAnswer(int Top, int Left, bool Mirrored, float Probability, RankedPrediction Prediction);

/// <summary>A class and its probability.</summary>
/// <param name="Rank">Place, from 1.</param>
/// <param name="Index">Index of the class in the models' output.</param>
/// <param name="Id">Stable identifier of the class.</param>
/// <param name="Label">Name of the class.</param>
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
/// <param name="Weight">Its weight in the mean, relative to the other models.</param>
/// <param name="Predictions">Its own most probable classes, if <c>detail</c> was requested.</param>
internal sealed record MemberAnswer(string Name, int Version, double Weight, IReadOnlyList<RankedPrediction>? Predictions)
{
    public static IEnumerable<string> Names(Ensemble ensemble) => ensemble.Members.Select(member => member.Session.Card.Name);

    /// <summary>The models; with their own top classes if an answer is given.</summary>
    public static IReadOnlyList<MemberAnswer> Of(Ensemble ensemble, InferenceResult.Answered? answered = null, int top = 0) =>
    [
        .. ensemble.Members.Select((member, i) => new MemberAnswer(
            member.Session.Card.Name,
            member.Session.Card.Version,
            member.Weight,
            answered is null ? null : RankedPrediction.Top(answered.MemberProbabilities(i).Span, ensemble, top))),
    ];
}

/// <summary>Where the time went, in milliseconds.</summary>
/// <param name="DecodeMs">Decoding, including the wait for a decoding thread.</param>
/// <param name="QueueMs">Waiting for the models.</param>
/// <param name="InferMs">In the models.</param>
/// <param name="TotalMs">From the request's headers to its answer, including the time to read the body.</param>
internal sealed record AnswerTiming(double DecodeMs, double QueueMs, double InferMs, double TotalMs)
{
    public static AnswerTiming Of(InferenceTiming timing, TimeSpan total) =>
        new(Milliseconds(timing.Decode), Milliseconds(timing.Queue), Milliseconds(timing.Infer), Milliseconds(total));

    /// <summary>Milliseconds with two decimals.</summary>
    public static double Milliseconds(TimeSpan span) => Math.Round(span.TotalMilliseconds, 2);
}
