using System.Runtime.InteropServices;
using AlexNetService.Api.Classify;
using Microsoft.AspNetCore.Mvc;

namespace AlexNetService.Api.Features;

/// <summary>
/// Answers a photograph with the vector of the last hidden layer, for similarity search or as input to another classifier.
/// </summary>
internal static class FeaturesEndpoint
{
    public static void MapFeatures(this IEndpointRouteBuilder routes) => routes.MapPostAndPut("/features", Compute)
        .WithTags("Features")
        .WithName("Features")
        .WithSummary("Compute the feature vector of a photograph")
        .WithDescription($"Returns JSON, or {OfferedTypes.Bytes}: only the values, as little-endian 32-bit floats.")
        .Offers(OfferedTypes.Json, OfferedTypes.Bytes)
        .TakesPictures<FeaturesQuery>(new UploadMetadata(Crops: 1, OneModel: true));

    private static async Task<Results<Ok<FeaturesAnswer>, FileContentHttpResult, Problem>> Compute(
        [AsParameters] FeaturesQuery query, [AsParameters] UploadRequest request)
    {
        if (!query.Read().TryGet(out _, out var problem) || !(await request.ReadAsync()).TryGet(out var read, out problem))
        {
            return problem;
        }

        using var upload = read;
        if (!query.With(upload.Parameters).Read().TryGet(out var settings, out problem)
            || !upload.SelectOne(settings.Models).TryGet(out var model, out problem))
        {
            return problem;
        }

        if (model.Features == 0)
        {
            return UploadProblems.BadParameter(
                $"The card of '{model.Card.Name}' names no features. Name another model in models, "
                + "or add the tensor to the card and load the model again.");
        }

        using var result = await request.Engine.RunAsync(new PhotographRequest(upload.Picture, Ensemble.Alone(model), settings.Views)
        {
            Outputs = OutputKinds.Features,
            Cancellation = request.Cancellation,
        });
        if (result is not InferenceResult.Answered answered)
        {
            return UploadProblems.Of(result, request.Served);
        }

        var vector = answered.Features.ToArray();
        if (settings.Normalise)
        {
            FeatureVector.Normalise(vector);
        }

        var timing = request.Answered([model.Card.Name], (int)settings.Views, answered.Timing);

        // Every machine that this software is built for is little-endian, so floats are copied.
        return request.Context.ChosenType() == OfferedTypes.Bytes
            ? TypedResults.Bytes(MemoryMarshal.AsBytes(vector.AsSpan()).ToArray(), OfferedTypes.Bytes)
            : TypedResults.Ok(new FeaturesAnswer(
                model.Card.Name,
                model.Card.Version,
                (int)settings.Views,
                settings.Normalise,
                vector.Length,
                vector,
                timing,
                request.Context.TraceIdentifier));
    }
}

/// <summary>The query as sent.</summary>
internal sealed record FeaturesQuery(
    [FromQuery(Name = "models")] string? Models,
    [FromQuery(Name = "crops")] string? Crops,
    [FromQuery(Name = "normalise")] string? Normalise)
{
    /// <summary>The query, and the parameters that were sent in the body.</summary>
    public FeaturesQuery With(IReadOnlyDictionary<string, string?> sent) => new(
        sent.GetValueOrDefault(nameof(Models), Models),
        sent.GetValueOrDefault(nameof(Crops), Crops),
        sent.GetValueOrDefault(nameof(Normalise), Normalise));

    /// <summary>The query with its defaults filled in.</summary>
    public Result<FeaturesSettings, Problem> Read() =>
        !QueryValue.TryViews(Crops, TestViews.Centre, out var views)
            ? QueryValue.Refuse("crops", Crops, "Use 1 (centre) or 10 (the mean over corners, centre and their mirrors).")
        : !QueryValue.TryModels(Models, out var names)
            ? QueryValue.Refuse("models", Models, QueryValue.ModelsRemedy)
        : !QueryValue.TrySwitch(Normalise, out var normalise)
            ? QueryValue.Refuse("normalise", Normalise, "Use true or false.")
        : new FeaturesSettings(names, views, normalise);
}

/// <summary>How to compute features. No models means the default.</summary>
internal sealed record FeaturesSettings(IReadOnlyList<string> Models, TestViews Views, bool Normalise);

/// <summary>The feature vector of a photograph.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Version">Its version. Vectors of different models or versions cannot be compared.</param>
/// <param name="Crops">Crops that were averaged, 1 or 10.</param>
/// <param name="Normalised">Whether the vector was divided by its length, √Σx².</param>
/// <param name="Length">Number of values.</param>
/// <param name="Features">The values.</param>
/// <param name="Timing">Where the time went.</param>
/// <param name="RequestId">Identifies this request in the service's log.</param>
internal sealed record FeaturesAnswer(
    string Model,
    int Version,
    int Crops,
    bool Normalised,
    int Length,
    IReadOnlyList<float> Features,
    AnswerTiming Timing,
    string RequestId);
