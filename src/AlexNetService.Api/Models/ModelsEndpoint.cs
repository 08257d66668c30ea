using AlexNetService.Api.Hosting;
using AlexNetService.Api.Problems;
using AlexNetService.Inference.Batching;
using AlexNetService.Inference.Catalog;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Diagnostics;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.Models;

/// <summary>What is served, where, and the cards.</summary>
internal static class ModelsEndpoint
{
    public static void AddModels(this IServiceCollection services)
    {
        services.AddValidated<RepositoryOptions>(RepositoryOptions.Section);
        services.AddValidated<RuntimeOptions>(RuntimeOptions.Section);
        services.AddValidated<QueueOptions>(QueueOptions.Section);
        services.AddValidated<DecodingOptions>(DecodingOptions.Section);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<ServedModels>();
        services.AddSingleton<InferenceMeters>();
        services.AddSingleton(provider => new CropEngine(
            provider.GetRequiredService<IOptions<QueueOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<InferenceMeters>()));
        services.AddSingleton(provider => new DecodeWorkers(
            provider.GetRequiredService<IOptions<DecodingOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<InferenceMeters>()));
        services.AddSingleton<PictureClassifier>();
        services.AddHostedService<EngineLifetime>();
        services.AddHostedService<ModelLoader>();
    }

    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/models").WithTags("Models");
        group.MapGetAndHead("/", List)
            .WithName("ListModels")
            .WithSummary("What is served")
            .ProducesProblems(StatusCodes.Status503ServiceUnavailable);
        group.MapGetAndHead("/{name}", Details)
            .WithName("GetModel")
            .WithSummary("A model, where it runs, and its card")
            .ProducesProblems(StatusCodes.Status404NotFound, StatusCodes.Status503ServiceUnavailable);
    }

    private static Results<Ok<ServedAnswer>, Problem> List(ServedModels served) => served.Loaded is { } catalog
        ? TypedResults.Ok(new ServedAnswer(
            [.. catalog.Models.Select(Summary)],
            [.. catalog.Default.Members.Select(member => new DefaultMember(member.Session.Card.Name, member.Session.Card.Version, member.Weight))]))
        : ModelProblems.NotReady(served);

    private static Results<Ok<ModelDetails>, Problem> Details(string name, ServedModels served)
    {
        if (served.Loaded is not { } catalog)
        {
            return ModelProblems.NotReady(served);
        }

        return catalog.Models.FirstOrDefault(model => model.Card.Name == name) is { } model
            ? TypedResults.Ok(new ModelDetails(
                name, model.Card.Version, [model.Card.Version], model.Device, model.Provider, model.MaxCropsPerRun, model.FixedBatch, model.Card))
            : ModelProblems.Unknown(name, catalog);
    }

    private static ModelSummary Summary(ModelSession model) => new(
        model.Card.Name,
        model.Card.Version,
        model.Device,
        model.Provider,
        model.Classes,
        model.Card.Preprocessing.Canvas,
        model.Card.Preprocessing.Crop,
        model.Card.Metrics);
}
