using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Catalog;

/// <summary>
/// An open model. Whoever opened it and every snapshot that contains it hold it; it is freed when the last of them leaves.
/// </summary>
internal sealed class LoadedModel
{
    public LoadedModel(ModelSession session, byte[] cardHash, Action<LoadedModel> unused)
    {
        (Session, CardHash) = (session, cardHash);
        Holders = new UseCount(() => unused(this));
    }

    public ModelSession Session { get; }

    /// <summary>SHA-256 of the card's file; the card holds the hashes of the graphs.</summary>
    public byte[] CardHash { get; }

    public UseCount Holders { get; }

    public string Name => Session.Card.Name;

    public int Version => Session.Card.Version;
}
