namespace AlexNetService.Api.Security;

/// <summary>Marks a route that answers without a key and outside rate limits: health checks, and what explains a problem.</summary>
internal sealed class OpenRouteMetadata
{
    /// <summary>The one instance; the mark holds nothing.</summary>
    public static OpenRouteMetadata Instance { get; } = new();

    private OpenRouteMetadata()
    {
    }
}
