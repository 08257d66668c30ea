using AlexNetService.Inference.Catalog;

namespace AlexNetService.Api.Models;

/// <summary>What is served right now: nothing while models load, the catalog afterwards, nothing new while the service stops.</summary>
/// <param name="lifetime">Says when the service stops.</param>
internal sealed class ServedModels(IHostApplicationLifetime lifetime) : IDisposable
{
    private volatile ModelCatalog? catalog;
    private volatile IReadOnlyList<string> progress = ["No model has been opened yet."];
    private volatile bool closed;

    /// <summary>Why models could not be loaded, sentences, or null.</summary>
    public IReadOnlyList<string>? Failure { get; private set; }

    /// <summary>Whether the service has been told to stop; it may still answer for a while.</summary>
    public bool Draining => lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>The catalog, ready or not, or null while it loads.</summary>
    public ModelCatalog? Catalog => catalog;

    /// <summary>Why requests cannot be served, sentences; empty where they can.</summary>
    public IReadOnlyList<string> Reasons => Draining ? ["The service is stopping."] : catalog is null ? progress : [];

    /// <summary>What a request may use, held until it is disposed, or null; <see cref="Reasons"/> says why.</summary>
    public CatalogLease? Enter() => closed ? null : catalog?.Enter();

    public void Report(string sentence) => progress = [sentence];

    public void Publish(ModelCatalog loaded) => catalog = loaded;

    public void Fail(IReadOnlyList<string> reasons)
    {
        Failure = reasons;
        progress = reasons;
    }

    /// <summary>Takes no more requests.</summary>
    public void Close() => closed = true;

    public void Dispose() => catalog?.Dispose();
}
