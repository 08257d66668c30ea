using AlexNetService.Inference.Diagnostics;

namespace AlexNetService.Api.Models;

/// <summary>
/// Loads the repository while the service already answers health checks. A repository that cannot be served ends the service, with
/// the reasons in the log and exit code 1: an operator sees that at once, where an instance that never gets ready is found late.
/// </summary>
internal sealed partial class ModelLoader(
    ServedModels models,
    RepositoryOptions repository,
    EnsembleOptions ensembles,
    RuntimeOptions runtime,
    InferenceEngine engine,
    InferenceMeters meters,
    IHostApplicationLifetime lifetime,
    ILogger<ModelLoader> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            // The service listens first: whoever asks meanwhile is answered, and a taken port is found before the models are read.
            using var started = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStarted, stoppingToken);
            await Task.Delay(Timeout.Infinite, started.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            stoppingToken.ThrowIfCancellationRequested();
            var catalog = await ModelCatalog.OpenAsync(repository, ensembles, runtime, Opened, stoppingToken);
            engine.SetConcurrency(catalog.ConcurrentRuns);
            using var lease = catalog.Enter();
            var snapshot = lease.Snapshot;
            InferenceEngine.WarmDecoder(snapshot.Default);
            models.Publish(catalog);
            meters.Watch(catalog);
            foreach (var (variant, model) in catalog.LeftOut)
            {
                Log.LeftOut(log, variant, model);
            }

            Log.Ready(
                log,
                snapshot.Models.Count,
                snapshot.Ensembles.Count,
                string.Join(", ", snapshot.Default.Members.Select(member => member.Session.Card.Name)));
            foreach (var state in catalog.States().Where(state => state.IsDegraded))
            {
                Log.Degraded(log, state.Name, state.Version, state.RefusedVersion, state.Reason);
            }
        }
        catch (CatalogException e)
        {
            Fail(e.Reasons);
        }
        catch (DeviceUnavailableException e)
        {
            Fail([e.Message]);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops before it has started: a taken port, for example. Nothing has failed here.
        }
    }

    private void Opened(ModelSession model)
    {
        Log.Opened(log, model.Card.Name, model.Card.Version, model.Device, model.Provider);
        models.Report($"Models are loading; '{model.Card.Name}' was the last one finished.");
    }

    private void Fail(IReadOnlyList<string> reasons)
    {
        foreach (var reason in reasons)
        {
            Log.Refused(log, reason);
        }

        models.Fail();
        lifetime.StopApplication();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Model {Name} version {Version} is warm on {Device} ({Provider})")]
        public static partial void Opened(ILogger log, string name, int version, string device, string provider);

        [LoggerMessage(2, LogLevel.Information, "Ready with {Count} models and {Ensembles} ensembles; the default is {Default}")]
        public static partial void Ready(ILogger log, int count, int ensembles, string @default);

        [LoggerMessage(
            4,
            LogLevel.Information,
            "{Variant} is the same network as {Model}, which answers by default; ModelRepository:Default can name the other")]
        public static partial void LeftOut(ILogger log, string variant, string model);

        [LoggerMessage(
            5, LogLevel.Warning, "Degraded: {Model} serves version {Version}, because version {RefusedVersion} was refused: {Reason}")]
        public static partial void Degraded(ILogger log, string model, int? version, int? refusedVersion, string? reason);

        [LoggerMessage(3, LogLevel.Critical, "The models cannot be served: {Reason}")]
        public static partial void Refused(ILogger log, string reason);
    }
}
