using System.ComponentModel.DataAnnotations;
using AlexNetService.Api.OpenInference;
using AlexNetService.Inference.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace AlexNetService.Api.Hosting;

/// <summary>
/// Serves metrics at /metrics, and sends metrics and traces over OTLP if OTEL_EXPORTER_OTLP_ENDPOINT is set. OpenTelemetry's other
/// variables apply too: OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER and so on.
/// </summary>
internal static class Telemetry
{
    private const string ServiceName = "AlexNetService";
    private const string OtlpEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string RuntimeMeter = "System.Runtime";

    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        builder.Services.AddValidated<MetricsOptions>(MetricsOptions.Section);
        builder.Services.ConfigureOpenTelemetryMeterProvider(
            (services, metrics) => metrics.Limit(services.GetRequiredService<MetricsOptions>()));

        // The environment comes last, so that OTEL_SERVICE_NAME overrides the default name.
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource
                .AddService(ServiceName, serviceVersion: OpenInferenceEndpoint.Server.Version)
                .AddEnvironmentVariableDetector())
            .WithMetrics(metrics => metrics
                .AddAspNetCoreInstrumentation()
                .AddMeter(InferenceMeters.Name, RuntimeMeter)
                .AddPrometheusExporter());
        if (!string.IsNullOrEmpty(builder.Configuration[OtlpEndpoint]))
        {
            telemetry.WithTracing(traces => traces
                .AddAspNetCoreInstrumentation(requests => requests.Filter = context => !RequestLog.IsMonitoring(context.Request.Path))
                .AddSource(InferenceTraces.Name)).UseOtlpExporter();
        }
    }

    public static void MapMetrics(this IEndpointRouteBuilder routes) =>
        routes.MapPrometheusScrapingEndpoint("/metrics")
            .WithMetadata(RouteAccess.Metrics, new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head]))
            .DisableHttpMetrics();

    /// <summary>Bounds the counter of predicted classes, whose series are as many as the classes of all models.</summary>
    private static void Limit(this MeterProviderBuilder metrics, MetricsOptions options) => metrics.AddView(
        InferenceMeters.Predictions,
        options.ClassSeries == 0
            ? MetricStreamConfiguration.Drop
            : new MetricStreamConfiguration { CardinalityLimit = options.ClassSeries });
}

/// <summary>What is measured.</summary>
internal sealed class MetricsOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Metrics";

    /// <summary>
    /// Maximum series of <c>alexnet_predictions_total</c>, which has one for each class that a model has predicted. Further classes are
    /// counted together, with <c>otel_metric_overflow="true"</c>. Default 2000; 0 turns the counter off.
    /// </summary>
    [Range(0, 100_000, ErrorMessage = "Metrics:ClassSeries must be {1} to {2}; 0 turns alexnet_predictions_total off.")]
    public int ClassSeries { get; set; } = 2000;
}
