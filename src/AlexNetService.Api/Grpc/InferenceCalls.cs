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
    IHostApplicationLifetime lifetime,
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

    public override Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context) =>
        InferAsync(request, context);

    /// <summary>
    /// Answers requests one after the other. An error is the answer to its request, and the stream goes on. It ends when the service stops.
    /// </summary>
    public override async Task ModelStreamInfer(
        IAsyncStreamReader<ModelInferRequest> requestStream,
        IServerStreamWriter<ModelStreamInferResponse> responseStream,
        ServerCallContext context)
    {
        var body = context.GetHttpContext().Features.GetRequiredFeature<BudgetedBody>();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            // The call itself was counted before it came here.
            for (var first = true; await requestStream.MoveNext(over.Token); first = false)
            {
                body.EndTimeLimit();
                await responseStream.WriteAsync(await AnswerAsync(requestStream.Current, first, context), context.CancellationToken);
                body.ReturnBytes();
            }
        }
        catch (OperationCanceledException) when (served.Draining)
        {
            throw GrpcErrors.Of(ModelProblems.NotReady(served));
        }
    }

    private async Task<ModelStreamInferResponse> AnswerAsync(ModelInferRequest request, bool counted, ServerCallContext context)
    {
        try
        {
            return counted || RateLimits.TakeAnother(context.GetHttpContext()) is not { } refusal
                ? new ModelStreamInferResponse { InferResponse = await InferAsync(request, context) }
                : throw GrpcErrors.Of(refusal);
        }
        catch (RpcException e)
        {
            return new ModelStreamInferResponse
            {
                ErrorMessage = e.Status.Detail,
                InferResponse = new ModelInferResponse { Id = request.Id },
            };
        }
    }

    private async Task<ModelInferResponse> InferAsync(ModelInferRequest request, ServerCallContext context)
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
