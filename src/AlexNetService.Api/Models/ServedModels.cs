namespace AlexNetService.Api.Models;

/// <summary>What is served now: nothing while models load, then the catalog, and nothing once the service has closed.</summary>
internal sealed class ServedModels(IHostApplicationLifetime lifetime) : IDisposable
{
    private volatile ModelCatalog? catalog;
    private volatile IReadOnlyList<string> progress = ["No model has been loaded yet."];
    private volatile bool closed;

    /// <summary>Why models could not be loaded, in sentences, or null.</summary>
    public IReadOnlyList<string>? Failure { get; private set; }

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

    public void Fail(IReadOnlyList<string> reasons)
    {
        Failure = reasons;
        progress = reasons;
    }

    /// <summary>Refuses requests from now on.</summary>
    public void Close() => closed = true;

    public void Dispose() => catalog?.Dispose();
}
