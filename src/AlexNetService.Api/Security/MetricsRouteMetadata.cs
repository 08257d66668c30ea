namespace AlexNetService.Api.Security;

/// <summary>Marks the route that a monitor scrapes; <see cref="SecurityOptions.OpenMetrics"/> decides whether it needs a key.</summary>
internal sealed class MetricsRouteMetadata
{
    /// <summary>The one instance; the mark holds nothing.</summary>
    public static MetricsRouteMetadata Instance { get; } = new();

    private MetricsRouteMetadata()
    {
    }
}
