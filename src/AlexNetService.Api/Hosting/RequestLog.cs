using System.Globalization;
using Serilog;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace AlexNetService.Api.Hosting;

/// <summary>The log: one line a request, readable for people, compact JSON for machines; never a byte of a picture.</summary>
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
        app.UseSerilogRequestLogging(options => options.GetLevel = (context, _, exception) => Level(context, exception));

    private static LogEventLevel Level(HttpContext context, Exception? exception) =>
        exception is not null || context.Response.StatusCode is StatusCodes.Status500InternalServerError ? LogEventLevel.Error
        : context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal) ? LogEventLevel.Debug
        : context.Response.StatusCode is StatusCodes.Status503ServiceUnavailable ? LogEventLevel.Warning
        : LogEventLevel.Information;
}
