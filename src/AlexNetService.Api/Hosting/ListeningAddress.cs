namespace AlexNetService.Api.Hosting;

/// <summary>Where the service listens when nobody says so.</summary>
internal static class ListeningAddress
{
    public const string Default = "http://localhost:8080";

    private static readonly string[] Settings = ["urls", "http_ports", "https_ports"];

    /// <summary>
    /// Listens on loopback unless an address is configured: <c>--urls</c>, ASPNETCORE_URLS, ASPNETCORE_HTTP_PORTS (which the .NET
    /// container images set) or a section Kestrel:Endpoints. A default in appsettings would win over those of them that come
    /// from the environment.
    /// </summary>
    public static void ListenOnLocalhostByDefault(this WebApplicationBuilder builder)
    {
        var configured = Settings.Any(setting => !string.IsNullOrEmpty(builder.Configuration[setting]))
            || builder.Configuration.GetSection("Kestrel:Endpoints").Exists();
        if (!configured)
        {
            builder.WebHost.UseUrls(Default);
        }
    }
}
