using System.Buffers.Binary;
using AlexNetService.Api.Classify;
using AlexNetService.Api.Models;
using AlexNetService.Api.Negotiation;
using AlexNetService.Api.Problems;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Serilog;

namespace AlexNetService.Api.Features;

/// <summary>
/// One photograph in, the vector that the last hidden layer makes of it out: to search by likeness, or for another classifier.
/// </summary>
internal static class FeaturesEndpoint
{
    public static void MapFeatures(this IEndpointRouteBuilder routes) => routes.MapPost("/v1/features", Compute)
        .WithTags("Features")
        .WithName("Features")
        .WithSummary("The feature vector of a photograph")
        .WithDescription($"As JSON, or as {OfferedTypes.Bytes}: 32-bit floats, lowest byte first, and nothing else.")
        .Offers(OfferedTypes.Json, OfferedTypes.Bytes)
        .TakesPicture(new PictureBodyMetadata(Crops: 1, OneModel: true));

    private static async Task<Results<Ok<FeaturesAnswer>, FileContentHttpResult, Problem>> Compute(
        [AsParameters] FeaturesQuery query,
        HttpContext context,
        ServedModels served,
        InferenceEngine engine,
        IOptions<ClassifyOptions> options,
        TimeProvider time,
        IDiagnosticContext log,
        CancellationToken cancellation)
    {
        var begun = time.GetTimestamp();
        var (settings, reason) = query.Read();
        if (settings is null)
        {
            return ClassifyProblems.BadParameter(reason ?? "");
        }

        using var lease = served.Enter();
        if (lease is null)
        {
            return ModelProblems.NotReady(served);
        }

        var (model, unusable) = ChosenModel.Of(lease.Snapshot, query.Models);
        if (model is null)
        {
            return unusable ?? throw new InvalidOperationException("There is neither a model nor a problem.");
        }

        if (model.Features == 0)
        {
            return WithoutFeatures(model);
        }

        var (picture, fault) = await PictureBody.ReadAsync(context.Request, options.Value.MaxBodyBytes, cancellation);
        if (picture is null)
        {
            return ClassifyProblems.Of(fault ?? PictureBodyFault.NoPicture, options.Value);
        }

        using (picture)
        {
            using var result = await engine.RunAsync(new PhotographRequest(picture.Bytes, Ensemble.Alone(model), settings.Views)
            {
                Outputs = OutputKinds.Features,
                Cancellation = cancellation,
            });
            if (result is not InferenceResult.Answered answered)
            {
                return ClassifyProblems.Of(result, served);
            }

            var vector = answered.Features.ToArray();
            if (settings.Normalise)
            {
                FeatureVector.Normalise(vector);
            }

            var times = AnswerTiming.Of(answered.Timing, time.GetElapsedTime(begun));
            log.Answered([model.Card.Name], (int)settings.Views, times);
            return context.ChosenType() == OfferedTypes.Bytes
                ? TypedResults.Bytes(LittleEndian(vector), OfferedTypes.Bytes)
                : TypedResults.Ok(FeaturesAnswer.Of(model, settings, vector, times, context.TraceIdentifier));
        }
    }

    private static Problem WithoutFeatures(ModelSession model) => ClassifyProblems.BadParameter(
        $"The card of '{model.Card.Name}' names no features. Name another model in models, "
        + "or add the tensor to the card and load the model again.");

    private static byte[] LittleEndian(ReadOnlySpan<float> values)
    {
        var bytes = new byte[values.Length * sizeof(float)];
        for (var i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        }

        return bytes;
    }
}
