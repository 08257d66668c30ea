using System.Reflection;
using AlexNetService.Api.Hosting;
using AlexNetService.Api.Models;
using AlexNetService.Api.Security;
using AlexNetService.Inference.Requests;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.OpenInference;

/// <summary>
/// The Open Inference Protocol over HTTP, with the extensions that Triton's clients use: programs written for KServe or Triton talk to
/// this service unchanged.
/// </summary>
internal static class OpenInferenceEndpoint
{
    public const string Root = "/v2";

    private const string Tag = "Open Inference Protocol";

    private static readonly ServerMetadata Server = new(
        "alexnetservice",
        typeof(OpenInferenceEndpoint).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "",
        ["binary_tensor_data", "classification", "model_configuration", "model_repository", "statistics"]);

    /// <summary>To be called before problem details are added: of several writers the first one that can writes.</summary>
    public static void AddOpenInference(this IServiceCollection services)
    {
        services.AddValidated<OpenInferenceOptions>(OpenInferenceOptions.Section);
        services.AddSingleton<IProblemDetailsWriter, ErrorWriter>();
        services.AddSingleton<InferenceStatistics>();
        services.AddSingleton<TensorInference>();
    }

    public static void MapOpenInference(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Root).WithTags(Tag);
        group.MapGetAndHead("", () => TypedResults.Ok(Server)).WithName("ServerMetadata").WithSummary("The server and its extensions");

        // The specification wants Kubernetes to probe these two, which has no key; they say no more than /health does.
        var health = group.MapGroup("/health").WithMetadata(OpenRouteMetadata.Instance);
        health.MapGetAndHead("/live", () => TypedResults.Ok(new ServerLiveAnswer(true)))
            .WithName("ServerLive").WithSummary("Whether the server lives");
        health.MapGetAndHead("/ready", Ready)
            .WithName("ServerReady").WithSummary("Whether the server takes requests")
            .ProducesErrors(StatusCodes.Status503ServiceUnavailable);
        group.MapGetAndHead("/models/stats", AllStatistics)
            .WithName("AllModelStatistics").WithSummary("What went through the models by this protocol")
            .ProducesErrors(StatusCodes.Status503ServiceUnavailable);
        foreach (var (pattern, suffix) in new[] { ("/models/{name}", ""), ("/models/{name}/versions/{version}", "Version") })
        {
            MapModel(group.MapGroup(pattern), suffix);
        }

        RepositoryEndpoint.Map(group.MapGroup("/repository"));
    }

    /// <summary>Documents the errors an endpoint may answer with.</summary>
    public static RouteHandlerBuilder ProducesErrors(this RouteHandlerBuilder endpoint, params int[] statuses)
    {
        foreach (var status in statuses)
        {
            endpoint.Produces<ErrorAnswer>(status);
        }

        return endpoint;
    }

    private static void MapModel(RouteGroupBuilder model, string suffix)
    {
        int[] errors = [StatusCodes.Status404NotFound, StatusCodes.Status503ServiceUnavailable];
        model.MapGetAndHead("", (string name, HttpContext context, ServedModels served) => Of(served, name, context, ModelMetadata.Of))
            .WithName("Model" + suffix + "Metadata").WithSummary("A model and its tensors").ProducesErrors(errors);
        model.MapGetAndHead("/ready", (string name, HttpContext context, ServedModels served) => Of(
                served, name, context, found => new ModelReadyAnswer(found.Name, true)))
            .WithName("Model" + suffix + "Ready").WithSummary("Whether a model takes requests").ProducesErrors(errors);
        model.MapGetAndHead("/config", Config)
            .WithName("Model" + suffix + "Config").WithSummary("A model's configuration, as Triton's clients read it").ProducesErrors(errors);
        model.MapGetAndHead("/stats", (string name, HttpContext context, ServedModels served, InferenceStatistics statistics) => Of(
                served, name, context, found => new StatisticsAnswer([statistics.Of(found)])))
            .WithName("Model" + suffix + "Statistics").WithSummary("What went through a model by this protocol").ProducesErrors(errors);
        model.MapInfer("Model" + suffix + "Infer");
    }

    /// <summary>The version that the address names, or null. Not bound, because a parameter without a place in the route is the query's.</summary>
    public static string? ModelVersion(this HttpContext context) => context.GetRouteValue("version") as string;

    private static Results<Ok<ModelConfig>, InferenceError> Config(
        string name, HttpContext context, ServedModels served, IOptions<QueueOptions> queue, IOptions<OpenInferenceOptions> options) =>
        Of(served, name, context, found => ModelConfig.Of(
            found, found.Session is null ? options.Value.MaxPictures : queue.Value.LimitCrops));

    private static Results<Ok<ServerReadyAnswer>, InferenceError> Ready(ServedModels served) => served.Reasons.Count > 0
        ? new InferenceError(ModelProblems.NotReady(served))
        : TypedResults.Ok(new ServerReadyAnswer(true));

    private static Results<Ok<StatisticsAnswer>, InferenceError> AllStatistics(ServedModels served, InferenceStatistics statistics)
    {
        using var lease = served.Enter();
        return lease is null
            ? new InferenceError(ModelProblems.NotReady(served))
            : TypedResults.Ok(new StatisticsAnswer([.. InferenceModel.All(lease.Snapshot).Select(statistics.Of)]));
    }

    private static Results<Ok<TAnswer>, InferenceError> Of<TAnswer>(
        ServedModels served, string name, HttpContext context, Func<InferenceModel, TAnswer> answer)
    {
        using var lease = served.Enter();
        if (lease is null)
        {
            return new InferenceError(ModelProblems.NotReady(served));
        }

        var (model, reason) = InferenceModel.Find(lease.Snapshot, name, context.ModelVersion());
        return model is null ? new InferenceError(OpenInferenceProblems.NotFound(reason ?? "")) : TypedResults.Ok(answer(model));
    }
}
