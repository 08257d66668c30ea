using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Connections.Features;

namespace AlexNetService.Api.Hosting;

/// <summary>
/// Shuts down after SIGTERM or Ctrl-C. Readiness fails at once. During the grace period the service still answers, and asks every client
/// to use another connection. Then the server stops listening, and the queue is finished.
/// </summary>
/// <remarks>The host waits for <see cref="StoppingAsync"/> before it stops the server, and stops the server before this.</remarks>
internal sealed partial class Drain(
    ServedModels served, InferenceEngine engine, DrainOptions options, TimeProvider time, ILogger<Drain> log)
    : IHostedLifecycleService
{
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // Before the models were ready, no balancer sent requests here, so there is nothing to wait for.
        if (served.Catalog is not null && options.GraceSeconds > 0)
        {
            Log.Leaving(log, options.GraceSeconds);
            await Task.Delay(options.Grace, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        served.Close();
        Log.Closed(log);
    }

    public Task StopAsync(CancellationToken cancellationToken) => engine.StopAsync(cancellationToken);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Leaving: no longer ready, but answering for another {Seconds} s")]
        public static partial void Leaving(ILogger log, double seconds);

        [LoggerMessage(2, LogLevel.Information, "Closed: refusing new requests, finishing the accepted ones")]
        public static partial void Closed(ILogger log);
    }
}

internal static class DrainSetup
{
    public static void AddDrain(this IServiceCollection services)
    {
        services.AddValidated<DrainOptions>(DrainOptions.Section);
        services.AddHostedService<Drain>();
        services.AddOptions<HostOptions>().Configure<DrainOptions>((host, drain) => host.ShutdownTimeout = drain.Longest);
    }

    /// <summary>
    /// While the service drains, closes each connection after its current answers, so that none is cut during a request (RFC 9112 §9.6;
    /// for HTTP/2 GOAWAY, RFC 9113 §6.8).
    /// </summary>
    public static void UseDrain(this WebApplication app) => app.Use(static (context, next) =>
    {
        if (context.RequestServices.GetRequiredService<ServedModels>().Draining)
        {
            if (HttpProtocol.IsHttp2(context.Request.Protocol))
            {
                context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
            }
            else
            {
                context.Response.Headers.Connection = "close";
            }
        }

        return next(context);
    });
}

/// <summary>How the service shuts down.</summary>
internal sealed class DrainOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Drain";

    /// <summary>
    /// Seconds during which requests are still accepted although <c>/health/ready</c> already fails, so that balancers stop sending
    /// requests before any is refused. Behind a balancer, choose more than it needs to notice. Default 0.
    /// </summary>
    [Range(0, 3600, ErrorMessage = "Drain:GraceSeconds must be {1} to {2}.")]
    public double GraceSeconds { get; set; }

    /// <summary>Seconds after the grace period to finish accepted requests; the rest are cut off. Default 30.</summary>
    [Range(0, 3600, ErrorMessage = "Drain:LimitSeconds must be {1} to {2}.")]
    public double LimitSeconds { get; set; } = 30;

    public TimeSpan Grace => TimeSpan.FromSeconds(GraceSeconds);

    /// <summary>The longest time from the signal to the end.</summary>
    public TimeSpan Longest => TimeSpan.FromSeconds(GraceSeconds + LimitSeconds);
}
