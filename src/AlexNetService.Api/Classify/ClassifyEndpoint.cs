using AlexNetService.Api.Hosting;
using AlexNetService.Api.Models;
using AlexNetService.Api.Negotiation;
using AlexNetService.Api.Problems;
using AlexNetService.Inference.Requests;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Serilog;

namespace AlexNetService.Api.Classify;

/// <summary>One photograph in, its most probable classes out.</summary>
internal static class ClassifyEndpoint
{
    public static void AddClassify(this IServiceCollection services) => services.AddValidated<ClassifyOptions>(ClassifyOptions.Section);

    public static void MapClassify(this IEndpointRouteBuilder routes) => routes.MapPost("/v1/classify", Classify)
        .WithTags("Classify")
        .WithName("Classify")
        .WithSummary("Classify a photograph")
        .Offers(OfferedTypes.Json)
        .TakesPicture(new PictureBodyMetadata());

    private static async Task<Results<Ok<ClassifyAnswer>, Problem>> Classify(
        [AsParameters] ClassifyQuery query,
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

        // Held to the end: the models that are named here are the models that answer, whatever is loaded meanwhile.
        using var lease = served.Enter();
        if (lease is null)
        {
            return ModelProblems.NotReady(served);
        }

        var (ensemble, unusable) = ChosenModels.Of(lease.Snapshot, settings.Models);
        if (ensemble is null)
        {
            return unusable ?? throw new InvalidOperationException("There are neither models nor a problem.");
        }

        var (picture, fault) = await PictureBody.ReadAsync(context.Request, options.Value.MaxBodyBytes, cancellation);
        if (picture is null)
        {
            return ClassifyProblems.Of(fault ?? PictureBodyFault.NoPicture, options.Value);
        }

        using (picture)
        {
            var request = new PhotographRequest(picture.Bytes, ensemble, settings.Views) { Cancellation = cancellation };
            using var result = await engine.RunAsync(request);
            if (result is not InferenceResult.Answered classified)
            {
                return ClassifyProblems.Of(result, served);
            }

            var answer = ClassifyAnswer.Of(classified, ensemble, settings, time.GetElapsedTime(begun), context.TraceIdentifier);
            log.Answered(answer.Models.Select(model => model.Name), answer.Crops, answer.Timing);
            return TypedResults.Ok(answer);
        }
    }
}
