using System.Reflection;
using AlexNetService.Api.Hosting;
using AlexNetService.Api.Models;
using AlexNetService.Api.Security;
using AlexNetService.Inference.Requests;
using AlexNetService.OpenInference;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.OpenInference;

/// <summary>
/// The Open Inference Protocol over HTTP, with the extensions that Triton's clients use. Programs written for KServe or Triton work with
/// this service unchanged.
/// </summary>
internal static class OpenInferenceEndpoint
{
    public const string Root = "/v2";

    private static readonly ServerMetadata Server = ServerMetadata.Of(
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
        services.AddSingleton(provider => new TensorInference(
            provider.GetRequiredService<InferenceEngine>(),
            provider.GetRequiredService<IOptions<OpenInferenceOptions>>().Value,
            provider.GetRequiredService<IOptions<QueueOptions>>().Value));
    }

    public static void MapOpenInference(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Root).WithTags("Open Inference Protocol");
        group.MapGetAndHead("", () => TypedResults.Ok(Server)).WithName("ServerMetadata").WithSummary("Get the server and its extensions");

        // The specification lets Kubernetes probe these two, which has no key. They tell no more than /health.
        var health = group.MapGroup("/health").WithMetadata(RouteAccess.Open);
        health.MapGetAndHead("/live", () => TypedResults.Ok(new ServerLiveAnswer(true)))
            .WithName("ServerLive").WithSummary("Check whether the server is alive");
        health.MapGetAndHead("/ready", Ready)
            .WithName("ServerReady").WithSummary("Check whether the server accepts requests")
            .ProducesErrors(StatusCodes.Status503ServiceUnavailable);
        group.MapGetAndHead("/models/stats", AllStatistics)
            .WithName("AllModelStatistics").WithSummary("Get the statistics of all models for this protocol")
            .ProducesErrors(StatusCodes.Status503ServiceUnavailable);
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

    private static void MapModel(RouteGroupBuilder model, string suffix)
    {
        int[] errors = [StatusCodes.Status404NotFound, StatusCodes.Status503ServiceUnavailable];
        model.MapGetAndHead("", (string name, HttpContext context, ServedModels served, ProtocolCatalog models) =>
                Of(served, models, name, context, found => found.Metadata))
            .WithName($"Model{suffix}Metadata").WithSummary("Get a model and its tensors").ProducesErrors(errors);
        model.MapGetAndHead("/ready", (string name, HttpContext context, ServedModels served, ProtocolCatalog models) =>
                Of(served, models, name, context, found => new ModelReadyAnswer(found.Name, true)))
            .WithName($"Model{suffix}Ready").WithSummary("Check whether a model accepts requests").ProducesErrors(errors);
        model.MapGetAndHead("/config", Config)
            .WithName($"Model{suffix}Config").WithSummary("Get a model's configuration in Triton's form").ProducesErrors(errors);
        model.MapGetAndHead("/stats", Statistics)
            .WithName($"Model{suffix}Statistics").WithSummary("Get a model's statistics for this protocol").ProducesErrors(errors);
        model.MapInfer($"Model{suffix}Infer");
    }

    private static Results<Ok<ModelConfig>, InferenceError> Config(
        string name,
        HttpContext context,
        ServedModels served,
        ProtocolCatalog models,
        IOptions<QueueOptions> queue,
        IOptions<OpenInferenceOptions> options) =>
        Of(served, models, name, context, found => found.Config(queue.Value.PerRequest, options.Value.MaxPictures));

    private static Results<Ok<StatisticsAnswer>, InferenceError> Statistics(
        string name, HttpContext context, ServedModels served, ProtocolCatalog models, InferenceStatistics statistics) =>
        Of(served, models, name, context, found => new StatisticsAnswer([statistics.Of(found)]));

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

    private static Results<Ok<TAnswer>, InferenceError> Of<TAnswer>(
        ServedModels served, ProtocolCatalog models, string name, HttpContext context, Func<ProtocolModel, TAnswer> answer)
    {
        using var lease = served.Enter();
        return lease is null ? new InferenceError(ModelProblems.NotReady(served))
            : models.Find(lease.Snapshot, name, context.ModelVersion()).TryGet(out var model, out var error)
                ? TypedResults.Ok(answer(model))
                : new InferenceError(error);
    }
}
