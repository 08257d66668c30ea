using System.Security.Cryptography;
using System.Text.Json;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Diagnostics;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace AlexNetService.Api.Models;

/// <summary>Lists the models, their devices and their cards.</summary>
internal static class ModelsEndpoint
{
    public static void AddModels(this IServiceCollection services)
    {
        services.AddValidated<RepositoryOptions>(RepositoryOptions.Section);
        services.AddOptions<EnsembleOptions>().ValidateOnStart().Configure<IConfiguration>(
            (options, configuration) => configuration.BindKnown(EnsembleOptions.Section, options.Members));
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<EnsembleOptions>>().Value);
        services.AddValidated<RuntimeOptions>(RuntimeOptions.Section);
        services.AddValidated<QueueOptions>(QueueOptions.Section);
        services.AddValidated<DecodingOptions>(DecodingOptions.Section);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<ServedModels>();
        services.AddSingleton<InferenceMeters>();
        services.AddSingleton<InferenceEngine>();
        services.AddHostedService<ModelLoader>();
    }

    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/models").WithTags("Models");
        group.MapGetAndHead("/", List)
            .WithName("ListModels")
            .WithSummary("List the models and ensembles")
            .Offers(OfferedTypes.Json)
            .ProducesProblems(503);
        group.MapGetAndHead("/{name}", Details)
            .WithName("GetModel")
            .WithSummary("Get a model, its device and its card")
            .Offers(OfferedTypes.Json)
            .Produces<ModelDetails>()
            .Produces(StatusCodes.Status304NotModified)
            .ProducesProblems(404, 503);
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

    private static Results<FileContentHttpResult, Problem> Details(
        string name, HttpContext context, ServedModels served, IOptions<JsonOptions> json)
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
        var bytes = JsonSerializer.SerializeToUtf8Bytes(details, json.Value.SerializerOptions);

        // Weak, because the same answer may be compressed in several ways.
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16))}\"", isWeak: true);
        context.Response.Headers.CacheControl = CacheControlHeaderValue.NoCacheString;
        return TypedResults.Bytes(bytes, $"{OfferedTypes.Json}; charset=utf-8", entityTag: tag);
    }

    private static ModelState? Of(this IReadOnlyList<ModelState> states, string name) => states.FirstOrDefault(state => state.Name == name);
}
