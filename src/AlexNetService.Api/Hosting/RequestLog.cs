using AlexNetService.Api.Grpc;
using AlexNetService.Api.OpenInference;
using Grpc.Core;
using Serilog;
using Serilog.Events;
using Serilog.Formatting.Compact;
using Serilog.Settings.Configuration;

namespace AlexNetService.Api.Hosting;

/// <summary>
/// The log has one line for each request: text for people, compact JSON for machines. It never contains a picture, a query or a key.
/// </summary>
internal static class RequestLog
{
    // Startup has moved the addresses to endpoints.
    private const string MovedAddresses = "Overriding address(es)";

    // Sinks are the files whose names contain "serilog". The default also parses the program's whole list of dependencies.
    private static readonly ConfigurationReaderOptions SinkAssemblies = new(ConfigurationAssemblySource.AlwaysScanDllFiles);

    public static void AddRequestLog(this WebApplicationBuilder builder)
    {
        // In development, or if standard output is a terminal, a person reads the log.
        var readable = builder.Environment.IsDevelopment() || !Console.IsOutputRedirected;
        builder.Services.AddSerilog((services, log) =>
        {
            // Program prints a failure of the start as one sentence. The host would log it again, with a stack trace.
            log.ReadFrom.Configuration(builder.Configuration, SinkAssemblies).Enrich.FromLogContext()
                .Filter.ByExcluding(line => line.MessageTemplate.Text.StartsWith(MovedAddresses, StringComparison.Ordinal))
                .Filter.ByExcluding(line => line.Exception is { } failure && Startup.Explain(failure) is not null
                    && !services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.IsCancellationRequested);
            if (readable)
            {
                log.WriteTo.Console(formatProvider: CultureInfo.InvariantCulture);
            }
            else
            {
                log.WriteTo.Console(new RenderedCompactJsonFormatter());
            }
        });
    }

    /// <summary>Of answers 503, one a second has a line above Debug: under overload, lines would cost more than refusals.</summary>
    public static void UseRequestLog(this WebApplication app)
    {
        var nextRefusal = 0L;
        app.UseSerilogRequestLogging(options =>
        {
            options.GetLevel = (context, _, exception) =>
            {
                var level = Level(context, exception);
                return level == LogEventLevel.Warning && !IsFirstOfItsSecond() ? LogEventLevel.Debug : level;
            };
            options.EnrichDiagnosticContext = AddProperties;
        });

        bool IsFirstOfItsSecond()
        {
            var (now, next) = (Environment.TickCount64, Volatile.Read(ref nextRefusal));
            return now >= next && Interlocked.CompareExchange(ref nextRefusal, now + 1000, next) == next;
        }
    }

    /// <summary>Adds the properties of every line. Endpoints and the key check add their own.</summary>
    private static void AddProperties(IDiagnosticContext log, HttpContext context)
    {
        // The server's own id, which the other lines of a request have, is not in its answer.
        log.Set("RequestId", context.TraceIdentifier);
        log.Set("RequestBytes", context.Request.ContentLength);
        log.Set("ResponseBytes", context.Response.ContentLength);
        log.Set("ClientAddress", context.Connection.RemoteIpAddress?.ToString());
    }

    private static LogEventLevel Level(HttpContext context, Exception? exception) =>
        exception is not null
            || context.Response.StatusCode is StatusCodes.Status500InternalServerError
            || GrpcOutcome.Of(context) is StatusCode.Internal or StatusCode.Unknown ? LogEventLevel.Error
        : IsMonitoring(context.Request.Path) ? LogEventLevel.Debug
        : context.Response.StatusCode is StatusCodes.Status503ServiceUnavailable
            || GrpcOutcome.Of(context) is StatusCode.Unavailable ? LogEventLevel.Warning
        : LogEventLevel.Information;

    /// <summary>Whether a request is a probe or a scrape.</summary>
    public static bool IsMonitoring(PathString path) =>
        path.StartsWithSegments("/health", StringComparison.Ordinal)
        || path.StartsWithSegments(OpenInferenceEndpoint.Root + "/health", StringComparison.Ordinal)
        || path.StartsWithSegments("/metrics", StringComparison.Ordinal)
        || path.StartsWithSegments("/grpc.health.v1.Health", StringComparison.Ordinal);
}
