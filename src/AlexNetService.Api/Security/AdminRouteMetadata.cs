namespace AlexNetService.Api.Security;

/// <summary>
/// Marks a route that changes what the service serves: it needs a key whose <c>Admin</c> is true. Without any configured key such a
/// route answers callers on loopback only, also where <c>Security:AllowAnonymous</c> opens the others to everyone.
/// </summary>
internal sealed class AdminRouteMetadata
{
    /// <summary>The one instance; the mark holds nothing.</summary>
    public static AdminRouteMetadata Instance { get; } = new();

    private AdminRouteMetadata()
    {
    }
}
