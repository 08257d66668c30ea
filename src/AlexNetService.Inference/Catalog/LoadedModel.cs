using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Catalog;

/// <summary>
/// An open model. Whoever opened it and every snapshot that contains it hold it; it is freed when the last of them leaves.
/// </summary>
internal sealed class LoadedModel
{
    /// <param name="session">The model, verified and warm.</param>
    /// <param name="card">SHA-256 of the card's file; the card holds the hashes of the graphs.</param>
    /// <param name="unused">Called once, when nobody holds it any more.</param>
    public LoadedModel(ModelSession session, byte[] card, Action<LoadedModel> unused)
    {
        Session = session;
        CardHash = card;
        Holders = new UseCount(() => unused(this));
    }

    public ModelSession Session { get; }

    public byte[] CardHash { get; }

    public UseCount Holders { get; }

    public string Name => Session.Card.Name;

    public int Version => Session.Card.Version;
}
