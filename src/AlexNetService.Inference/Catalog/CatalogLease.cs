namespace AlexNetService.Inference.Catalog;

/// <summary>Keeps a snapshot for a request: none of its models is freed before the lease is disposed.</summary>
public sealed class CatalogLease : IDisposable
{
    private CatalogSnapshot? held;

    internal CatalogLease(CatalogSnapshot snapshot)
    {
        held = snapshot;
    }

    /// <summary>The snapshot, the same for the life of the request.</summary>
    /// <exception cref="ObjectDisposedException">The lease was disposed.</exception>
    public CatalogSnapshot Snapshot => held ?? throw new ObjectDisposedException(nameof(CatalogLease));

    /// <summary>Gives the snapshot back. Until then an unloaded model stays in memory.</summary>
    public void Dispose() => Interlocked.Exchange(ref held, null)?.Users.Leave();
}
