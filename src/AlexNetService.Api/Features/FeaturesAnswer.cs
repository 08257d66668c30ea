using AlexNetService.Api.Classify;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.Api.Features;

/// <summary>The feature vector of a photograph.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Version">Its version; vectors of different models or versions cannot be compared.</param>
/// <param name="Crops">Crops that were averaged, 1 or 10.</param>
/// <param name="Normalised">Whether the vector was divided by its length, √Σx².</param>
/// <param name="Length">Number of values.</param>
/// <param name="Features">The values.</param>
/// <param name="Timing">Where the time went.</param>
/// <param name="RequestId">Names this request in the service's log.</param>
internal sealed record FeaturesAnswer(
    string Model,
    int Version,
    int Crops,
    bool Normalised,
    int Length,
    IReadOnlyList<float> Features,
    AnswerTiming Timing,
    string RequestId)
{
    public static FeaturesAnswer Of(
        ModelSession model, FeaturesSettings settings, float[] vector, AnswerTiming timing, string requestId) => new(
            model.Card.Name,
            model.Card.Version,
            (int)settings.Views,
            settings.Normalise,
            vector.Length,
            vector,
            timing,
            requestId);
}
