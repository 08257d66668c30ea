namespace AlexNetService.Api.Models;

/// <summary>What is served now: nothing while models load, then the catalog, and nothing once the service has closed.</summary>
internal sealed class ServedModels(IHostApplicationLifetime lifetime) : IDisposable
{
    private volatile ModelCatalog? catalog;
    private volatile IReadOnlyList<string> progress = ["No model has been loaded yet."];
    private volatile bool closed;

    /// <summary>Whether the models could not be loaded, and the service ends.</summary>
    public bool Failed { get; private set; }

    /// <summary>Whether the service was told to stop. It still answers until it closes.</summary>
    public bool Draining => lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>The catalog, or null while it loads.</summary>
    public ModelCatalog? Catalog => catalog;

    /// <summary>Why the service is not ready, in sentences; empty if it is ready.</summary>
    public IReadOnlyList<string> Reasons => Draining ? ["The service is stopping."] : catalog is null ? progress : [];

    /// <summary>The catalog, or null if requests are refused.</summary>
    public ModelCatalog? Open => closed ? null : catalog;

    /// <summary>The models for a request, held until the lease is disposed; null if requests are refused.</summary>
    public CatalogLease? Enter() => Open?.Enter();

    public void Report(string sentence) => progress = [sentence];

    public void Publish(ModelCatalog loaded) => catalog = loaded;

    /// <summary>Ends the loading. The log has the reasons, with paths that not every caller should see.</summary>
    public void Fail() => (Failed, progress) = (true, ["The models cannot be loaded; the log says why."]);

    /// <summary>Refuses requests from now on.</summary>
    public void Close() => closed = true;

    public void Dispose() => catalog?.Dispose();
}
