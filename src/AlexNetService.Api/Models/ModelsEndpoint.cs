using AlexNetService.Api.Hosting;
using AlexNetService.Api.Negotiation;
using AlexNetService.Api.Problems;
using AlexNetService.Inference.Catalog;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Diagnostics;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.Models;

/// <summary>Lists the models, their devices and their cards.</summary>
internal static class ModelsEndpoint
{
    public static void AddModels(this IServiceCollection services)
    {
        services.AddValidated<RepositoryOptions>(RepositoryOptions.Section);
        services.AddOptions<EnsembleOptions>().Configure<IConfiguration>(ReadEnsembles);
        services.AddValidated<RuntimeOptions>(RuntimeOptions.Section);
        services.AddValidated<QueueOptions>(QueueOptions.Section);
        services.AddValidated<DecodingOptions>(DecodingOptions.Section);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<ServedModels>();
        services.AddSingleton<InferenceMeters>();
        services.AddSingleton(provider => new InferenceEngine(
            provider.GetRequiredService<IOptions<QueueOptions>>().Value,
            provider.GetRequiredService<IOptions<DecodingOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<InferenceMeters>()));
        services.AddHostedService<ModelLoader>();
    }

    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/models").WithTags("Models");
        group.MapGetAndHead("/", List)
            .WithName("ListModels")
            .WithSummary("List the models and ensembles")
            .Offers(OfferedTypes.Json)
            .ProducesProblems(StatusCodes.Status503ServiceUnavailable);
        group.MapGetAndHead("/{name}", Details)
            .WithName("GetModel")
            .WithSummary("Get a model, its device and its card")
            .Offers(OfferedTypes.Json)
            .Produces(StatusCodes.Status304NotModified)
            .ProducesProblems(StatusCodes.Status404NotFound, StatusCodes.Status503ServiceUnavailable);
    }

    /// <summary>Reads the ensembles here, because their names are keys that the operator chooses.</summary>
    private static void ReadEnsembles(EnsembleOptions options, IConfiguration configuration)
    {
        foreach (var ensemble in configuration.GetSection(EnsembleOptions.Section).GetChildren())
        {
            options.Members[ensemble.Key] = ensemble.Value ?? "";
        }
    }

    private static Results<Ok<ServedAnswer>, Problem> List(ServedModels served)
    {
        if (served.Catalog is not { } catalog)
        {
            return ModelProblems.NotReady(served);
        }

        using var lease = catalog.Enter();
        var (snapshot, states) = (lease.Snapshot, catalog.States());
        return TypedResults.Ok(new ServedAnswer(
            [.. snapshot.Models.Select(model => ModelSummary.Of(model, states.Of(model.Card.Name)))],
            [.. snapshot.Ensembles.Select(EnsembleSummary.Of)],
            MemberSummary.Of(snapshot.Default)));
    }

    private static Results<Ok<ModelDetails>, StatusCodeHttpResult, Problem> Details(string name, HttpContext context, ServedModels served)
    {
        if (served.Catalog is not { } catalog)
        {
            return ModelProblems.NotReady(served);
        }

        using var lease = catalog.Enter();
        if (lease.Snapshot.Find(name) is not { } model)
        {
            return ModelProblems.Unknown(name, lease.Snapshot);
        }

        var details = ModelDetails.Of(model, catalog.States().Of(name));
        return context.HasAlready(details) ? TypedResults.StatusCode(StatusCodes.Status304NotModified) : TypedResults.Ok(details);
    }

    private static ModelState? Of(this IReadOnlyList<ModelState> states, string name) => states.FirstOrDefault(state => state.Name == name);
}
