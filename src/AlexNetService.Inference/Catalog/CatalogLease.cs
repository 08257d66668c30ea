namespace AlexNetService.Inference.Catalog;

/// <summary>A request's hold on what is served: nothing in the snapshot is freed before it is disposed.</summary>
public sealed class CatalogLease : IDisposable
{
    private CatalogSnapshot? held;

    internal CatalogLease(CatalogSnapshot snapshot)
    {
        held = snapshot;
    }

    /// <summary>What is served, the same for the life of the request.</summary>
    /// <exception cref="ObjectDisposedException">The lease was given back.</exception>
    public CatalogSnapshot Snapshot => held ?? throw new ObjectDisposedException(nameof(CatalogLease));

    /// <summary>Gives the hold back. Until then an unloaded model stays in memory.</summary>
    public void Dispose() => Interlocked.Exchange(ref held, null)?.Users.Leave();
}
