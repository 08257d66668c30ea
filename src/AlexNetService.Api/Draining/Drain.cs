using AlexNetService.Api.Models;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.Draining;

/// <summary>
/// The way out, after SIGTERM or Ctrl-C: readiness fails at once; for the grace the server still listens and answers, asking every client to
/// come back on another connection; then the server stops listening and what it took is finished. The host waits for
/// <see cref="StoppingAsync"/> before it stops the server.
/// </summary>
internal sealed partial class Drain(ServedModels served, IOptions<DrainOptions> options, TimeProvider time, ILogger<Drain> log)
    : IHostedLifecycleService
{
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // Nobody was sent here before the models were ready, so nobody has to be sent away.
        if (served.Catalog is not null && options.Value.GraceSeconds > 0)
        {
            Log.Leaving(log, options.Value.GraceSeconds);
            await Task.Delay(options.Value.Grace, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        served.Close();
        Log.Closed(log);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Leaving: not ready any more, still answering for {Seconds} s")]
        public static partial void Leaving(ILogger log, double seconds);

        [LoggerMessage(2, LogLevel.Information, "Closed: nothing new is taken, what was taken is finished")]
        public static partial void Closed(ILogger log);
    }
}
