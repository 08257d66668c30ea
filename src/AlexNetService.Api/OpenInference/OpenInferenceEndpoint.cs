using System.Reflection;
using Microsoft.AspNetCore.Mvc;

namespace AlexNetService.Api.OpenInference;

/// <summary>
/// The Open Inference Protocol over HTTP, with the extensions that Triton's clients use. Programs written for KServe or Triton work with
/// this service unchanged.
/// </summary>
internal static class OpenInferenceEndpoint
{
    public const string Root = "/v2";

    public static ServerMetadata Server { get; } = ServerMetadata.Of(
        typeof(OpenInferenceEndpoint).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion.Split('+')[0] ?? "unknown");

    /// <summary>Must be called before problem details are added: the first writer that can write a problem does.</summary>
    public static void AddOpenInference(this IServiceCollection services)
    {
        services.AddValidated<OpenInferenceOptions>(OpenInferenceOptions.Section);
        services.AddSingleton<IProblemDetailsWriter, ErrorWriter>();
        services.AddSingleton<ProtocolCatalog>();
        services.AddSingleton<RepositoryControl>();
        services.AddSingleton<InferenceStatistics>();
        services.AddSingleton<TensorInference>();
    }

    public static void MapOpenInference(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Root).WithTags("Open Inference Protocol");
        group.MapGetAndHead("", () => TypedResults.Ok(Server)).WithName("ServerMetadata").WithSummary("Get the server and its extensions");

        // The specification lets Kubernetes probe these two, which has no key. They tell no more than /health.
        var health = group.MapGroup("/health").WithMetadata(RouteAccess.Open).DisableHttpMetrics();
        health.MapGetAndHead("/live", () => TypedResults.Ok(new ServerLiveAnswer(true)))
            .WithName("ServerLive").WithSummary("Check whether the server is alive");
        health.MapGetAndHead("/ready", Ready)
            .WithName("ServerReady").WithSummary("Check whether the server accepts requests").ProducesErrors(503);
        group.MapGetAndHead("/models/stats", AllStatistics)
            .WithName("AllModelStatistics").WithSummary("Get the statistics of all models for this protocol").ProducesErrors(503);
        foreach (var (pattern, suffix) in new[] { ("/models/{name}", ""), ("/models/{name}/versions/{version}", "Version") })
        {
            MapModel(group.MapGroup(pattern), suffix);
        }

        RepositoryEndpoint.Map(group.MapGroup("/repository"));
    }

    /// <summary>Documents the errors that an endpoint may return.</summary>
    public static RouteHandlerBuilder ProducesErrors(this RouteHandlerBuilder endpoint, params int[] statuses)
    {
        foreach (var status in statuses)
        {
            endpoint.Produces<ErrorAnswer>(status);
        }

        return endpoint;
    }

    /// <summary>
    /// The version in the address, or null. It is not bound, because on routes without a version it would become a query parameter.
    /// </summary>
    public static string? ModelVersion(this HttpContext context) => context.GetRouteValue("version") as string;

    private static void MapModel(RouteGroupBuilder routes, string suffix)
    {
        routes.MapGetAndHead("", ([AsParameters] NamedModel model) => model.Answer(found => found.Metadata))
            .WithName($"Model{suffix}Metadata").WithSummary("Get a model and its tensors").ProducesErrors(404, 503);
        routes.MapGetAndHead("/ready", ([AsParameters] NamedModel model) => model.Answer(found => new ModelReadyAnswer(found.Name, true)))
            .WithName($"Model{suffix}Ready").WithSummary("Check whether a model accepts requests").ProducesErrors(404, 503);
        routes.MapGetAndHead("/config", ([AsParameters] NamedModel model, QueueOptions queue, OpenInferenceOptions options) =>
                model.Answer(found => found.Config(queue.PerRequest, options.MaxPictures)))
            .WithName($"Model{suffix}Config").WithSummary("Get a model's configuration in Triton's form").ProducesErrors(404, 503);
        routes.MapGetAndHead("/stats", ([AsParameters] NamedModel model, InferenceStatistics statistics) =>
                model.Answer(found => new StatisticsAnswer([statistics.Of(found)])))
            .WithName($"Model{suffix}Statistics").WithSummary("Get a model's statistics for this protocol").ProducesErrors(404, 503);
        routes.MapInfer($"Model{suffix}Infer");
    }

    private static Results<Ok<ServerReadyAnswer>, InferenceError> Ready(ServedModels served) => served.Reasons.Count > 0
        ? new InferenceError(ModelProblems.NotReady(served))
        : TypedResults.Ok(new ServerReadyAnswer(true));

    private static Results<Ok<StatisticsAnswer>, InferenceError> AllStatistics(
        ServedModels served, ProtocolCatalog models, InferenceStatistics statistics)
    {
        using var lease = served.Enter();
        return lease is null
            ? new InferenceError(ModelProblems.NotReady(served))
            : TypedResults.Ok(new StatisticsAnswer([.. models.All(lease.Snapshot).Select(statistics.Of)]));
    }
}

/// <summary>A request that names a model in its address.</summary>
internal sealed record NamedModel(
    [FromRoute(Name = "name")] string Name, HttpContext Context, ServedModels Served, ProtocolCatalog Models)
{
    /// <summary>Answers from the description of the model, if it is served.</summary>
    public Results<Ok<TAnswer>, InferenceError> Answer<TAnswer>(Func<ProtocolModel, TAnswer> answer)
    {
        using var lease = Served.Enter();
        return lease is null ? new InferenceError(ModelProblems.NotReady(Served))
            : Models.Find(lease.Snapshot, Name, Context.ModelVersion()).TryGet(out var model, out var error)
                ? TypedResults.Ok(answer(model))
                : new InferenceError(error);
    }
}
