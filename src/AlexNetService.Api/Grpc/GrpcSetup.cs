using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AlexNetService.Api.Grpc;

/// <summary>Serves the calls, the health check of gRPC and reflection.</summary>
internal static class GrpcSetup
{
    /// <summary>The name in the proto file. <c>GRPCInferenceService.Descriptor</c> has it too, but parses the whole file.</summary>
    private const string ServiceName = $"inference.{nameof(GRPCInferenceService)}";

    /// <summary>Calls that change what is served.</summary>
    private static readonly string[] Admin =
        [nameof(InferenceCalls.RepositoryModelLoad), nameof(InferenceCalls.RepositoryModelUnload)];

    /// <summary>Must be called before problem details are added: the first writer that can write a problem does.</summary>
    public static void AddInferenceCalls(this IServiceCollection services)
    {
        services.AddValidated<GrpcOptions>(GrpcOptions.Section);
        services.AddSingleton<IProblemDetailsWriter, GrpcErrorWriter>();

        // Otherwise every address of two segments would be a call of an unknown service.
        services.AddGrpc(options => options.IgnoreUnknownServices = true)
            .AddServiceOptions<InferenceCalls>(options => options.IgnoreUnknownServices = false);
        services.AddOptions<GrpcServiceOptions>()
            .Configure<OpenInferenceOptions>((grpc, limits) => grpc.MaxReceiveMessageSize = limits.MaxBodyBytes);
        services.AddGrpcReflection();
        services.AddGrpcHealthChecks(options => options.Services.Map(ServiceName, _ => true))
            .AddCheck<ReadyCheck>("models");

        // Watch sends the state when it changes; the default period is 30 seconds.
        services.Configure<HealthCheckPublisherOptions>(options =>
            (options.Delay, options.Period) = (TimeSpan.Zero, TimeSpan.FromSeconds(1)));
    }

    public static void MapInferenceCalls(this WebApplication app)
    {
        // The body has limits of its own, see BodyBudget and MaxReceiveMessageSize.
        app.MapGrpcService<InferenceCalls>().WithMetadata(new DisableRequestSizeLimitAttribute())
            .Add(call =>
            {
                var method = call.Metadata.OfType<GrpcMethodMetadata>().FirstOrDefault()?.Method;
                if (Admin.Contains(method?.Name))
                {
                    call.Metadata.Add(RouteAccess.Admin);
                }

                // How long a stream is open says nothing about the time to an answer.
                if (method?.Type == MethodType.DuplexStreaming)
                {
                    call.Metadata.Add(new DisableHttpMetricsAttribute());
                }
            });
        app.MapGrpcHealthChecksService().WithMetadata(RouteAccess.Open).DisableHttpMetrics();
        app.MapGrpcReflectionService().WithMetadata(RouteAccess.Open);
    }
}

/// <summary>Whether the service accepts requests, as <c>/health/ready</c> says.</summary>
internal sealed class ReadyCheck(ServedModels served) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(served.Reasons.Count == 0
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy(string.Join(' ', served.Reasons)));
}
