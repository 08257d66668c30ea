using System.Globalization;
using Serilog;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace AlexNetService.Api.Hosting;

/// <summary>
/// The log: one line a request, readable for people, compact JSON for machines; never a byte of a picture, a query or a key.
/// </summary>
internal static class RequestLog
{
    public static void AddRequestLog(this WebApplicationBuilder builder)
    {
        // A person is looking in development and wherever standard output is a terminal.
        var readable = builder.Environment.IsDevelopment() || !Console.IsOutputRedirected;
        builder.Services.AddSerilog((_, log) =>
        {
            log.ReadFrom.Configuration(builder.Configuration).Enrich.FromLogContext();
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

    public static void UseRequestLog(this WebApplication app) =>
        app.UseSerilogRequestLogging(options =>
        {
            options.GetLevel = (context, _, exception) => Level(context, exception);
            options.EnrichDiagnosticContext = Add;
        });

    /// <summary>What every line carries; endpoints and the check of keys add theirs.</summary>
    private static void Add(IDiagnosticContext log, HttpContext context)
    {
        log.Set("RequestBytes", context.Request.ContentLength);
        log.Set("ResponseBytes", context.Response.ContentLength);
        log.Set("ClientAddress", context.Connection.RemoteIpAddress?.ToString());
    }

    private static LogEventLevel Level(HttpContext context, Exception? exception) =>
        exception is not null || context.Response.StatusCode is StatusCodes.Status500InternalServerError ? LogEventLevel.Error
        : IsWatching(context.Request.Path) ? LogEventLevel.Debug
        : context.Response.StatusCode is StatusCodes.Status503ServiceUnavailable ? LogEventLevel.Warning
        : LogEventLevel.Information;

    private static bool IsWatching(PathString path) =>
        path.StartsWithSegments("/health", StringComparison.Ordinal) || path.StartsWithSegments("/metrics", StringComparison.Ordinal);
}
