using AlexNetService.Inference.Requests;

namespace AlexNetService.Api.Models;

/// <summary>
/// Finishes the queue when the service stops. The server has let its requests end by then, because hosted services stop in the
/// reverse order of their registration and the server is the last one registered.
/// </summary>
internal sealed class EngineLifetime(InferenceEngine engine) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => engine.StopAsync(cancellationToken);
}
