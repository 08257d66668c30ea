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
        // The environment comes last, so that OTEL_SERVICE_NAME overrides the default name.
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(ServiceName).AddEnvironmentVariableDetector())
            .WithMetrics(metrics => metrics
                .AddAspNetCoreInstrumentation()
                .AddMeter(InferenceMeters.Name, RuntimeMeter)
                .AddPrometheusExporter());
        if (!string.IsNullOrEmpty(builder.Configuration[OtlpEndpoint]))
        {
            telemetry.WithTracing(traces => traces.AddAspNetCoreInstrumentation().AddSource(InferenceTraces.Name)).UseOtlpExporter();
        }
    }

    public static void MapMetrics(this IEndpointRouteBuilder routes) =>
        routes.MapPrometheusScrapingEndpoint("/metrics")
            .WithMetadata(RouteAccess.Metrics, new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head]));
}
