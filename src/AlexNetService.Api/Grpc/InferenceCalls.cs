using AlexNetService.Api.OpenInference;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;

namespace AlexNetService.Api.Grpc;

/// <summary>
/// The Open Inference Protocol over gRPC, with the extensions that Triton's clients use: the same models, limits and sentences as under
/// <c>/v2</c>.
/// </summary>
internal sealed class InferenceCalls(
    ServedModels served,
    ProtocolCatalog models,
    TensorInference inference,
    InferenceStatistics statistics,
    RepositoryControl repository,
    QueueOptions queue,
    OpenInferenceOptions options,
    TimeProvider time) : GRPCInferenceService.GRPCInferenceServiceBase
{
    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerLiveResponse { Live = true });

    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerReadyResponse { Ready = served.Reasons.Count == 0 });

    /// <summary>A model that is not served is not ready, whether it exists or not.</summary>
    public override Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context)
    {
        using var lease = served.Enter();
        var ready = lease is not null && models.Find(lease.Snapshot, request.Name, Version(request.Version)).TryGet(out _, out _);
        return Task.FromResult(new ModelReadyResponse { Ready = ready });
    }

    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context)
    {
        var server = OpenInferenceEndpoint.Server;
        return Task.FromResult(new ServerMetadataResponse
        {
            Name = server.Name,
            Version = server.Version,
            Extensions = { server.Extensions },
        });
    }

    public override Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context) =>
        Task.FromResult(Describe(request.Name, request.Version, model => ModelMessages.Metadata(model.Metadata)));

    public override Task<ModelConfigResponse> ModelConfig(ModelConfigRequest request, ServerCallContext context) =>
        Task.FromResult(Describe(request.Name, request.Version, model => new ModelConfigResponse
        {
            Config = ModelMessages.Config(model.Config(queue.PerRequest, options.MaxPictures)),
        }));

    public override Task<ModelStatisticsResponse> ModelStatistics(ModelStatisticsRequest request, ServerCallContext context)
    {
        if (request.Name.Length > 0)
        {
            return Task.FromResult(Describe(request.Name, request.Version, model => new ModelStatisticsResponse
            {
                ModelStats = { ModelMessages.Statistics(statistics.Of(model)) },
            }));
        }

        using var lease = Enter();
        return Task.FromResult(new ModelStatisticsResponse
        {
            ModelStats = { models.All(lease.Snapshot).Select(model => ModelMessages.Statistics(statistics.Of(model))) },
        });
    }

    public override async Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context)
    {
        var begun = time.GetTimestamp();
        var catalog = served.Open ?? throw GrpcErrors.Of(ModelProblems.NotReady(served));
        var budget = context.GetHttpContext().Features.GetRequiredFeature<BudgetedBody>();
        var call = Value(InferMessages.Read(request)) with { Reserve = budget.Take };
        return InferMessages.Write(
            Value(await inference.RunAsync(
                catalog, request.ModelName, Version(request.ModelVersion), call, begun, context.CancellationToken)),
            request);
    }

    public override Task<RepositoryIndexResponse> RepositoryIndex(RepositoryIndexRequest request, ServerCallContext context)
    {
        RequireOneRepository(request.RepositoryName);
        using var lease = Enter();
        var catalog = served.Catalog ?? throw GrpcErrors.Of(ModelProblems.NotReady(served));
        return Task.FromResult(new RepositoryIndexResponse
        {
            Models =
            {
                repository.Index(catalog, lease.Snapshot, request.Ready).Select(entry => new RepositoryIndexResponse.Types.ModelIndex
                {
                    Name = entry.Name,
                    Version = entry.Version,
                    State = entry.State,
                    Reason = entry.Reason,
                }),
            },
        });
    }

    public override async Task<RepositoryModelLoadResponse> RepositoryModelLoad(
        RepositoryModelLoadRequest request, ServerCallContext context)
    {
        RequireOneRepository(request.RepositoryName);
        var refusal = await RepositoryControl.LoadAsync(
            Changeable(), request.ModelName, request.Parameters.Keys, context.CancellationToken);
        return refusal is null ? new RepositoryModelLoadResponse() : throw GrpcErrors.Of(refusal);
    }

    public override async Task<RepositoryModelUnloadResponse> RepositoryModelUnload(
        RepositoryModelUnloadRequest request, ServerCallContext context)
    {
        RequireOneRepository(request.RepositoryName);
        var withDependents = request.Parameters.TryGetValue("unload_dependents", out var parameter) && parameter.BoolParam;
        var refusal = await RepositoryControl.UnloadAsync(
            Changeable(), request.ModelName, withDependents, context.CancellationToken);
        return refusal is null ? new RepositoryModelUnloadResponse() : throw GrpcErrors.Of(refusal);
    }

    private TAnswer Describe<TAnswer>(string name, string version, Func<ProtocolModel, TAnswer> describe)
    {
        using var lease = Enter();
        return describe(Value(models.Find(lease.Snapshot, name, Version(version))));
    }

    private CatalogLease Enter() => served.Enter() ?? throw GrpcErrors.Of(ModelProblems.NotReady(served));

    private ModelCatalog Changeable() =>
        !served.Draining && served.Catalog is { } catalog ? catalog : throw GrpcErrors.Of(ModelProblems.NotReady(served));

    private static void RequireOneRepository(string name)
    {
        if (name.Length > 0)
        {
            throw GrpcErrors.Of(ProtocolError.Invalid($"There is no repository '{name}'. Leave repository_name out: there is only one."));
        }
    }

    private static string? Version(string version) => version.Length == 0 ? null : version;

    private static TValue Value<TValue>(Result<TValue, ProtocolError> result)
        where TValue : class =>
        result.TryGet(out var value, out var error) ? value : throw GrpcErrors.Of(error);
}
